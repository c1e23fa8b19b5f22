import { Failure } from '@gantry/base';
import { type Subnet, overlap, parseSubnet, subnetOf, lastOf } from './subnet.ts';

/** A range that is cut into subnets of one size; the form of daemon.json. */
export interface AddressPool {
  readonly base: string;
  /** Prefix length of each subnet. */
  readonly size: number;
}

/** Those of dockerd. */
export const defaultPools: readonly AddressPool[] = [
  { base: '172.17.0.0/16', size: 16 },
  { base: '172.18.0.0/16', size: 16 },
  { base: '172.19.0.0/16', size: 16 },
  { base: '172.20.0.0/14', size: 16 },
  { base: '172.24.0.0/14', size: 16 },
  { base: '172.28.0.0/14', size: 16 },
  { base: '192.168.0.0/16', size: 20 },
];

/** The first subnet of the pools that overlaps none of those taken. Fails with `exhausted` in dockerd's words. */
export function chooseSubnet(family: Subnet['family'], pools: readonly AddressPool[], taken: readonly Subnet[]): Subnet {
  for (const candidate of subnetsOf(pools)) {
    if (!taken.some((other) => overlap(candidate, other))) return candidate;
  }
  throw new Failure(
    'exhausted',
    `could not find an available, non-overlapping ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address pool among the defaults to assign to the network`,
  );
}

function* subnetsOf(pools: readonly AddressPool[]): Generator<Subnet> {
  for (const { base, size } of pools) {
    const whole = parseSubnet(base);
    for (let subnet = subnetOf(whole.family, whole.first, size); subnet.first <= lastOf(whole);) {
      yield subnet;
      subnet = subnetOf(whole.family, lastOf(subnet) + 1n, size);
    }
  }
}
