import { createHash } from 'node:crypto';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { bytesToIp } from '@gantry/linux';
import { chooseSubnet, defaultPools, type AddressPool } from './address-pools.ts';
import type { NetworkRequest, Surroundings } from './network-request.ts';
import { checkPool, hasBridge, type NetworkPool } from './network.ts';
import { formatSubnet, numberToAddress, overlap, parseSubnet, type Subnet } from './subnet.ts';

/** A subnet that somebody has, and who. */
interface TakenSubnet {
  readonly subnet: Subnet;
  readonly owner: string;
}

type Asked = NetworkRequest['pools'][number];
const any: Asked = { subnet: '', reserved: {} };

/**
 * The subnets of a new network: those that it asks for, and where it asks for none of a family, one of the default pools that overlaps no other
 * network and nothing that this host reaches. An overlap is `forbidden` and names the other network.
 */
export async function planPools(
  { pools: asked, hasIpv6, driver = 'bridge' }: Pick<NetworkRequest, 'pools' | 'hasIpv6'> & { readonly driver?: string },
  around: Surroundings,
): Promise<NetworkPool[]> {
  const isSix = ({ subnet }: Asked): boolean => subnet.includes(':');
  const wanted = asked.some((pool) => !isSix(pool)) ? [...asked] : [any, ...asked];
  for (const isFamily of [isSix, (pool: Asked) => !isSix(pool)]) {
    if (wanted.filter(isFamily).length > 1) throw new Failure('forbidden', `${driver} driver doesn't support multiple subnets`);
  }
  const own = around.networks.flatMap(({ pools, name }) => pools.map(({ subnet }) => ({ subnet: parseSubnet(subnet), owner: name })));
  const pools: NetworkPool[] = [];
  for (const pool of wanted) pools.push(poolIn(await wholeSubnet(pool, { own, around, family: 'ipv4' }), pool));
  if (hasIpv6 && !wanted.some(isSix)) pools.push(poolIn(await wholeSubnet(any, { own, around, family: 'ipv6' }), any));
  return pools.sort((one, other) => Number(one.subnet.includes(':')) - Number(other.subnet.includes(':')));
}

async function wholeSubnet(
  { subnet, gateway, range }: Asked,
  { own, around, family }: { own: readonly TakenSubnet[]; around: Surroundings; family: Subnet['family'] },
): Promise<Subnet> {
  if (subnet === '') {
    if (gateway !== undefined || range !== undefined)
      throw new Failure('invalid', `a ${gateway ? 'gateway' : 'range'} needs a subnet: ${gateway ?? range ?? ''}`);
    const taken = [...own.map((other) => other.subnet), ...(await hostSubnets(around))];
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

function poolIn(whole: Subnet, { range, gateway, reserved }: Asked): NetworkPool {
  const first = range === undefined ? whole.first : parseSubnet(range).first;
  // As dockerd: the first of the range, but not the network's own address.
  const chosen = gateway ?? numberToAddress(whole.family, first === whole.first ? first + 1n : first);
  const pool = { subnet: formatSubnet(whole), ...(range === undefined ? {} : { range }), gateway: chosen, reserved: { ...reserved } };
  checkPool(pool);
  return pool;
}

/** What this host already sends somewhere: routes and addresses of links that are not ours. */
async function hostSubnets({ kernel, networks }: Surroundings): Promise<Subnet[]> {
  const [links, routes, addresses] = await Promise.all([kernel.listLinks(), kernel.listRoutes(), kernel.listAddresses()]);
  const ours = new Set(
    links.filter((link) => networks.some((network) => hasBridge(network) && network.bridge === link.name)).map((link) => link.index),
  );
  const foreign = [
    ...routes.filter(({ linkIndex, prefixLength }) => prefixLength > 0 && (linkIndex === undefined || !ours.has(linkIndex))),
    ...addresses.filter(({ linkIndex }) => !ours.has(linkIndex)).map(({ address, ...rest }) => ({ ...rest, destination: address })),
  ];
  return foreign.map(({ destination, prefixLength }) => parseSubnet(`${destination}/${prefixLength}`));
}
