import { Failure } from '@gantry/base';
import { type NetworkPool, routerOf } from './network.ts';
import { addressToNumber, contains, familyOf, isUnusable, lastOf, numberToAddress, parseSubnet, type Subnet } from './subnet.ts';

/**
 * Which addresses of a network are in use. Free ones are given in turn, so that an address that was just released is the last to come
 * back: its old link may still be known to neighbours.
 */
export class AddressBook {
  readonly #pools: { readonly subnet: Subnet; readonly range: Subnet; readonly gateway: string; next: bigint }[];
  readonly #used = new Set<string>();
  readonly #network: string;

  /** `network` is what errors call it. */
  constructor(pools: readonly NetworkPool[], network: string) {
    this.#network = network;
    this.#pools = pools.map((pool) => {
      const part = parseSubnet(pool.range ?? pool.subnet);
      return { subnet: parseSubnet(pool.subnet), range: part, gateway: routerOf(pool), next: part.first };
    });
    for (const { gateway, reserved } of pools) for (const address of [gateway, ...Object.values(reserved)]) this.#used.add(address);
  }

  get size(): number {
    return this.#used.size;
  }

  /** Takes an address: the wanted one, or the next free one of the family. Fails with `conflict`, `invalid` or `exhausted` in dockerd's words. */
  take(family: Subnet['family'], wanted?: string): { address: string; prefixLength: number; gateway: string } {
    if (wanted !== undefined) return this.#takeWanted(wanted);
    for (const pool of this.#pools) {
      if (pool.range.family !== family) continue;
      const address = this.#nextFree(pool);
      if (address === undefined) continue;
      this.#used.add(address);
      return { address, prefixLength: pool.subnet.prefixLength, gateway: pool.gateway };
    }
    const addresses = `${family === 'ipv4' ? 'IPv4' : 'IPv6'} addresses`;
    throw new Failure('exhausted', `no available ${addresses} on this network's address pools: ${this.#network}`);
  }

  /** Notes an address that is in use already (recovery). */
  note(address: string): void {
    this.#used.add(address);
  }

  release(address: string): void {
    this.#used.delete(address);
  }

  #takeWanted(wanted: string): { address: string; prefixLength: number; gateway: string } {
    const address = numberToAddress(familyOf(wanted), addressToNumber(wanted));
    const pool = this.#pools.find(({ subnet }) => contains(subnet, address));
    if (!pool) throw new Failure('invalid', `Invalid address ${wanted}: It does not belong to any of this network's subnets`);
    if (this.#used.has(address) || isUnusable(pool.subnet, addressToNumber(address))) {
      throw new Failure('forbidden', `Address already in use: ${address} in network ${this.#network}`);
    }
    this.#used.add(address);
    return { address, prefixLength: pool.subnet.prefixLength, gateway: pool.gateway };
  }

  #nextFree(pool: { readonly subnet: Subnet; readonly range: Subnet; next: bigint }): string | undefined {
    const { subnet, range } = pool;
    const size = lastOf(range) - range.first + 1n;
    const tries = size > 1_000_000n ? 1_000_000n : size;
    for (let step = 0n; step < tries; step += 1n) {
      const value = range.first + ((pool.next - range.first + step) % size);
      const address = numberToAddress(subnet.family, value);
      if (isUnusable(subnet, value) || this.#used.has(address)) continue;
      pool.next = value + 1n;
      return address;
    }
    return undefined;
  }
}
