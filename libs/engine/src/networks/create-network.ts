import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { Kernel } from '@gantry/linux';
import { chooseSubnet, defaultPools } from './address-pools.ts';
import { checkPool, type Network, type NetworkPool, option, predefined } from './network.ts';
import { newNetworkId } from './network-registry.ts';
import type { NetworkSettings } from './network-settings.ts';
import { addressToNumber, contains, familyOf, formatSubnet, numberToAddress, overlap, parseSubnet, type Subnet } from './subnet.ts';

/** What a request says of a new network; an empty subnet means any. */
export interface NetworkRequest {
  readonly name: string;
  readonly driver: string;
  readonly isInternal: boolean;
  readonly isAttachable: boolean;
  readonly hasIpv6: boolean;
  readonly pools: readonly { subnet: string; range?: string; gateway?: string; reserved: Readonly<Record<string, string>> }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

export interface Surroundings {
  readonly kernel: Kernel;
  readonly instance: string;
  readonly config: NetworkSettings;
  readonly networks: readonly Network[];
}

const name = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Turns a request into a network with addresses of its own; nothing is kept or made yet. Fails with `invalid`, `forbidden`, `conflict` or `exhausted`. */
export async function planNetwork(request: NetworkRequest, around: Surroundings): Promise<Network> {
  if (predefined.has(request.name) || request.name === 'default') {
    throw new Failure('forbidden', messages.predefinedNetworkCreate(request.name));
  }
  if (!name.test(request.name)) {
    throw new Failure('invalid', `invalid network name ${JSON.stringify(request.name)}: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  if (around.networks.some((network) => network.name === request.name)) {
    throw new Failure('conflict', messages.networkNameTaken(request.name));
  }
  if (request.driver !== 'bridge') {
    if (request.driver === 'host' || request.driver === 'null') {
      throw new Failure('forbidden', `only one instance of "${request.driver}" network is allowed`);
    }
    throw new Failure('not-found', `could not find plugin ${request.driver} in v1 plugin registry: plugin not found`);
  }
  const id = newNetworkId();
  const pools = await planPools(request, around);
  return {
    ...request,
    id,
    driver: 'bridge',
    createdAt: new Date().toISOString(),
    pools,
    labels: { ...request.labels },
    options: { ...request.options },
    ...(await bridgeLink(request.options[option.bridgeName], `g${around.instance}${id.slice(0, 6)}`, around)),
    mtu: mtuOf(request.options[option.mtu]) ?? around.config.mtu,
  };
}

/** The default bridge as its settings say; `former` keeps its id and, where no setting says otherwise, its addresses. */
export async function planDefaultBridge(former: Network | undefined, around: Surroundings): Promise<Network> {
  const { bip, fixedCidr, mtu, defaultBridgeLink } = around.config;
  const others = { ...around, networks: around.networks.filter((network) => network.id !== former?.id) };
  const subnet = bip === undefined ? undefined : formatSubnet(parseSubnet(bip));
  const isSame = former !== undefined && (subnet === undefined || former.pools[0]?.gateway === bip?.split('/')[0]);
  const request = [{ subnet: subnet ?? '', ...(bip === undefined ? {} : { gateway: bip.split('/')[0] ?? '' }), reserved: {} }];
  const pools = isSame ? former.pools : await planPools({ pools: request, hasIpv6: false }, others);
  const [first, ...more] = pools;
  return {
    id: former?.id ?? newNetworkId(),
    name: 'bridge',
    driver: 'bridge',
    createdAt: former?.createdAt ?? new Date().toISOString(),
    isInternal: false,
    isAttachable: false,
    hasIpv6: false,
    pools: first ? [withRange(first, fixedCidr), ...more] : [],
    labels: {},
    options: {},
    bridge: defaultBridgeLink ?? `g${around.instance}0`,
    ownsBridge: true,
    mtu,
  };
}

export function plainNetwork(driver: 'host' | 'null'): Network {
  const shape = {
    isInternal: false,
    isAttachable: false,
    hasIpv6: false,
    pools: [],
    labels: {},
    options: {},
    bridge: '',
    ownsBridge: false,
  };
  return { ...shape, id: newNetworkId(), name: driver === 'null' ? 'none' : driver, driver, createdAt: new Date().toISOString() };
}

function withRange(pool: NetworkPool, range: string | undefined): NetworkPool {
  const { subnet, gateway, reserved } = pool;
  const changed = { subnet, gateway, reserved, ...(range === undefined ? {} : { range }) };
  checkPool(changed);
  return changed;
}

async function planPools(request: Pick<NetworkRequest, 'pools' | 'hasIpv6'>, around: Surroundings): Promise<NetworkPool[]> {
  const own = around.networks.flatMap((network) => network.pools.map(({ subnet }) => parseSubnet(subnet)));
  const wanted = request.pools.some(({ subnet }) => !subnet.includes(':'))
    ? request.pools
    : [{ subnet: '', reserved: {} }, ...request.pools];
  if (request.hasIpv6 && !wanted.some(({ subnet }) => subnet.includes(':'))) {
    throw new Failure(
      'invalid',
      'could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network',
    );
  }
  const taken = wanted.some(({ subnet }) => subnet === '') ? [...own, ...(await hostSubnets(around))] : own;
  return wanted.map(({ subnet, range, gateway, reserved }) => {
    const whole = subnet === '' ? chooseSubnet(around.config.defaultAddressPools ?? defaultPools, taken) : parseSubnet(subnet);
    if (own.some((other) => overlap(other, whole))) throw new Failure('forbidden', messages.poolOverlaps);
    own.push(whole);
    const first = gateway ?? numberToAddress(whole.family, parseSubnet(range ?? formatSubnet(whole)).first + 1n);
    const pool = { subnet: formatSubnet(whole), ...(range === undefined ? {} : { range }), gateway: first, reserved: { ...reserved } };
    checkPool(pool);
    return pool;
  });
}

/** What this host already sends somewhere: routes and addresses of links that are not ours. */
async function hostSubnets({ kernel, networks }: Surroundings): Promise<Subnet[]> {
  const [links, routes, addresses] = await Promise.all([kernel.listLinks(), kernel.listRoutes(), kernel.listAddresses()]);
  const ours = new Set(links.filter((link) => networks.some((network) => network.bridge === link.name)).map((link) => link.index));
  const foreign = [
    ...routes.filter(({ linkIndex, prefixLength }) => prefixLength > 0 && (linkIndex === undefined || !ours.has(linkIndex))),
    ...addresses.filter(({ linkIndex }) => !ours.has(linkIndex)).map(({ address, ...rest }) => ({ ...rest, destination: address })),
  ];
  return foreign.map(({ destination, prefixLength }) => parseSubnet(`${destination}/${prefixLength}`));
}

/** A link that is there already (made by the administrator) is used and stays when the network goes. */
async function bridgeLink(
  wanted: string | undefined,
  own: string,
  { networks, kernel }: Surroundings,
): Promise<Pick<Network, 'bridge' | 'ownsBridge'>> {
  if (wanted === undefined || wanted === '') return { bridge: own, ownsBridge: true };
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(wanted)) throw new Failure('invalid', `invalid bridge name ${JSON.stringify(wanted)}`);
  const other = networks.find((network) => network.bridge === wanted);
  if (other)
    throw new Failure(
      'forbidden',
      `cannot create network: conflicts with network ${other.id} (${other.name}): networks have same bridge name`,
    );
  return { bridge: wanted, ownsBridge: !(await kernel.listLinks()).some(({ name: link }) => link === wanted) };
}

function mtuOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const mtu = Number(text);
  if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65_535) throw new Failure('invalid', `invalid value for ${option.mtu}: ${text}`);
  return mtu;
}

/** Whether an address may be asked for in a network; told before anything is done. */
export function checkWantedAddress(network: Network, wanted: string): void {
  if (network.name === 'bridge') throw new Failure('invalid', 'user specified IP address is supported on user defined networks only');
  addressToNumber(wanted);
  if (!network.pools.some(({ subnet }) => familyOf(subnet) === familyOf(wanted) && contains(parseSubnet(subnet), wanted))) {
    throw new Failure(
      'invalid',
      `invalid config for network ${network.name}: invalid endpoint settings:\nno configured subnet contains IP address ${wanted}`,
    );
  }
}
