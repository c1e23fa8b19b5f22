import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { Kernel } from '@gantry/linux';
import { checkOptions, checkPool, type Network, type NetworkPool, predefined } from './network.ts';
import { planDriver } from './network-drivers.ts';
import { newNetworkId } from './network-registry.ts';
import type { NetworkRequest, Surroundings } from './network-request.ts';
import { planPools } from './plan-pools.ts';
import { addressToNumber, contains, familyOf, formatSubnet, parseSubnet } from './subnet.ts';

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
  const options = { ...(request.driver === 'bridge' && around.config.defaultNetworkOptions), ...request.options };
  checkOptions(options);
  const id = newNetworkId();
  const driver = await planDriver({ ...request, options }, around, `g${around.instance}${id.slice(0, 6)}`);
  const pools = await planPools(request, around);
  return { ...request, ...driver, id, createdAt: new Date().toISOString(), pools, labels: { ...request.labels }, options };
}

/** The default bridge as its settings say; `former` keeps its id and, where no setting says otherwise, its addresses. */
export async function planDefaultBridge(former: Network | undefined, around: Surroundings): Promise<Network> {
  const { fixedCidr, mtu, bridge, defaultBridgeLink } = around.config;
  const hasIpv6 = around.config.hasIpv6 === true;
  const others = { ...around, networks: around.networks.filter((network) => network.id !== former?.id) };
  const asked = [await defaultPool(former, around), ...(hasIpv6 ? defaultIpv6Pool(former, around) : [])];
  const [first, ...more] = await planPools({ pools: asked, hasIpv6 }, others);
  return {
    id: former?.id ?? newNetworkId(),
    name: 'bridge',
    driver: 'bridge',
    createdAt: former?.createdAt ?? new Date().toISOString(),
    isInternal: false,
    isAttachable: false,
    hasIpv6,
    pools: first ? [withRange(first, fixedCidr), ...more] : [],
    labels: {},
    options: { ...around.config.defaultBridgeOptions },
    bridge: bridge ?? defaultBridgeLink ?? `g${around.instance}0`,
    ownsBridge: bridge === undefined,
    mtu,
  };
}

type AskedPool = NetworkRequest['pools'][number];

async function defaultPool(former: Network | undefined, { config, kernel }: Surroundings): Promise<AskedPool> {
  const own = config.bridge === undefined ? undefined : await addressOf(kernel, config.bridge);
  const wanted = config.bip ?? own;
  const known = former?.pools[0];
  if (wanted === undefined) return known ? withRange(known, undefined) : { subnet: '', reserved: {} };
  return { subnet: formatSubnet(parseSubnet(wanted)), gateway: wanted.split('/')[0] ?? '', reserved: {} };
}

function defaultIpv6Pool(former: Network | undefined, { config }: Surroundings): AskedPool[] {
  if (config.fixedCidrV6 !== undefined) return [{ subnet: config.fixedCidrV6, reserved: {} }];
  return (former?.pools ?? []).filter(({ subnet }) => subnet.includes(':'));
}

/** The IPv4 address of a link, with its prefix. Fails with `not-found`. */
async function addressOf(kernel: Kernel, link: string): Promise<string | undefined> {
  const index = (await kernel.listLinks()).find(({ name: each }) => each === link)?.index;
  if (index === undefined) throw new Failure('not-found', `the bridge ${link} of the configuration does not exist`);
  const found = (await kernel.listAddresses()).find(({ linkIndex, address }) => linkIndex === index && familyOf(address) === 'ipv4');
  return found && `${found.address}/${found.prefixLength}`;
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
