import { createHash } from 'node:crypto';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { bytesToIp } from '@gantry/linux';
import { chooseSubnet, defaultPools, type AddressPool } from './address-pools.ts';
import type { NetworkRequest, Surroundings } from './network-request.ts';
import { checkPool, hasBridge, type Network, type NetworkPool, usedPools } from './network.ts';
import { familyOf, formatSubnet, numberToAddress, overlap, parseSubnet, type Subnet } from './subnet.ts';

/** A subnet that somebody has, and who. */
interface TakenSubnet {
  readonly subnet: Subnet;
  readonly owner: string;
}

type Asked = NetworkRequest['pools'][number];
const any: Asked = { subnet: '', reserved: {} };

/**
 * The subnets of a new network: those that it asks for, and where it asks for none of a family that it has, one of the default pools that overlaps no other
 * network and nothing that this host reaches. An overlap is `forbidden` and names the other network.
 */
export async function planPools(
  {
    pools: asked,
    driver = 'bridge',
    ...has
  }: Pick<Network, 'hasIpv4' | 'hasIpv6'> & Pick<NetworkRequest, 'pools'> & { readonly driver?: string },
  around: Surroundings,
): Promise<NetworkPool[]> {
  const own = around.networks.flatMap((network) =>
    usedPools(network).map(({ subnet }) => ({ subnet: parseSubnet(subnet), owner: network.name })),
  );
  const pools: NetworkPool[] = [];
  for (const family of ['ipv4', 'ipv6'] as const) {
    const named = asked.filter(({ subnet }) => familyOf(subnet) === family);
    if (!(family === 'ipv4' ? has.hasIpv4 : has.hasIpv6)) {
      pools.push(...named.filter(({ subnet }) => subnet !== '').map((pool) => poolIn(parseSubnet(pool.subnet), pool)));
      continue;
    }
    if (named.length > 1) throw new Failure('forbidden', `${driver} driver doesn't support multiple subnets`);
    const [pool = any] = named;
    pools.push(poolIn(await wholeSubnet(pool, { own, around, family }), pool));
  }
  return pools;
}

async function wholeSubnet(
  { subnet, gateway, range }: Asked,
  { own, around, family }: { own: readonly TakenSubnet[]; around: Surroundings; family: Subnet['family'] },
): Promise<Subnet> {
  if (subnet === '') {
    if (gateway !== undefined || range !== undefined)
      throw new Failure('invalid', `a ${gateway ? 'gateway' : 'range'} needs a subnet: ${gateway ?? range ?? ''}`);
    const taken = [...own.map((other) => other.subnet), ...(await hostSubnets(around)).map((other) => other.subnet)];
    return chooseSubnet(family, poolsOf(family, around), taken);
  }
  const whole = parseSubnet(subnet);
  const other = own.find((taken) => overlap(taken.subnet, whole));
  if (other)
    throw new Failure('forbidden', `${messages.poolOverlaps}: ${subnet} overlaps ${formatSubnet(other.subnet)} of network ${other.owner}`);
  return whole;
}

/** Those of the configuration; else dockerd's, and for IPv6 a prefix of our own that no other host has (RFC 4193). */
function poolsOf(family: Subnet['family'], { config, instance }: Surroundings): readonly AddressPool[] {
  const pools = (config.defaultAddressPools ?? []).filter(({ base }) => base.includes(':') === (family === 'ipv6'));
  if (pools.length > 0) return pools;
  if (family === 'ipv4') return defaultPools;
  const digest = createHash('sha256')
    .update(`${config.hostId ?? ''} ${instance}`)
    .digest();
  const prefix = Uint8Array.from({ length: 16 }, (_, index) => (index === 0 ? 0xfd : index < 6 ? (digest[index] ?? 0) : 0));
  return [{ base: `${bytesToIp(prefix)}/48`, size: 64 }];
}

/** Fails with `invalid` where the addresses do not fit together. */
export function poolIn(whole: Subnet, { range, gateway, reserved }: Asked): NetworkPool {
  const first = range === undefined ? whole.first : parseSubnet(range).first;
  // As dockerd: the first of the range, but not the network's own address.
  const chosen = gateway ?? numberToAddress(whole.family, first === whole.first ? first + 1n : first);
  const pool = { subnet: formatSubnet(whole), ...(range === undefined ? {} : { range }), gateway: chosen, reserved: { ...reserved } };
  checkPool(pool);
  return pool;
}

/** What somebody should know who named a subnet: this host reaches it elsewhere. Links upon one of the host are to be where the host is. */
export async function overlapWarnings(network: Network, around: Pick<Surroundings, 'kernel' | 'networks'>): Promise<string[]> {
  if (!hasBridge(network)) return [];
  const reached = await hostSubnets(around);
  return usedPools(network).flatMap(({ subnet }) => {
    const other = reached.find((each) => overlap(each.subnet, parseSubnet(subnet)));
    if (!other) return [];
    return `subnet ${subnet} overlaps ${formatSubnet(other.subnet)}, which this host reaches ${other.owner}: one of the two will not be reached`;
  });
}

/** What this host already sends somewhere, and by what: routes and addresses of links that are not ours. */
async function hostSubnets({ kernel, networks }: Pick<Surroundings, 'kernel' | 'networks'>): Promise<TakenSubnet[]> {
  const [links, routes, addresses] = await Promise.all([kernel.listLinks(), kernel.listRoutes(), kernel.listAddresses()]);
  const ours = new Set(
    links.filter((link) => networks.some((network) => hasBridge(network) && network.bridge === link.name)).map((link) => link.index),
  );
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const foreign = [
    ...routes.filter(({ linkIndex, prefixLength }) => prefixLength > 0 && (linkIndex === undefined || !ours.has(linkIndex))),
    ...addresses.filter(({ linkIndex }) => !ours.has(linkIndex)).map(({ address, ...rest }) => ({ ...rest, destination: address })),
  ];
  return foreign.map(({ destination, prefixLength, linkIndex }) => ({
    subnet: parseSubnet(`${destination}/${prefixLength}`),
    owner: linkIndex === undefined ? 'by several links' : `by ${names.get(linkIndex) ?? `link ${linkIndex}`}`,
  }));
}
