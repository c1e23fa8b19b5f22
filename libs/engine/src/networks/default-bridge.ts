import { Failure } from '@gantry/base';
import type { Kernel } from '@gantry/linux';
import { checkPool, gatewayName, type Network, type NetworkPool } from './network.ts';
import { newNetworkId } from './network-registry.ts';
import type { NetworkRequest, Surroundings } from './network-request.ts';
import { planPools } from './plan-pools.ts';
import { contains, familyOf, formatSubnet, parseSubnet, type Subnet } from './subnet.ts';

type AskedPool = NetworkRequest['pools'][number];

/** The default bridge as its settings say; `former` keeps its id and, where no setting says otherwise, its addresses. */
export async function planDefaultBridge(former: Network | undefined, around: Surroundings): Promise<Network> {
  const { fixedCidr, fixedCidrV6, bip6, mtu, bridge, defaultBridgeLink, defaultGateways = {} } = around.config;
  const hasIpv6 = around.config.hasIpv6 === true;
  const others = { ...around, networks: around.networks.filter((network) => network.id !== former?.id) };
  const asked = [await defaultPool(former, around), ...(hasIpv6 ? defaultIpv6Pool(former, around) : [])];
  const [first, second] = await planPools({ pools: asked, hasIpv4: true, hasIpv6 }, others);
  return {
    id: former?.id ?? newNetworkId(),
    name: 'bridge',
    driver: 'bridge',
    createdAt: former?.createdAt ?? new Date().toISOString(),
    isInternal: false,
    isAttachable: false,
    hasIpv4: true,
    hasIpv6,
    isConfigOnly: false,
    pools: [
      ...(first ? [settled(first, { range: fixedCidr, gateway: defaultGateways.ipv4 })] : []),
      ...(second ? [settled(second, { range: bip6 === undefined ? undefined : fixedCidrV6, gateway: defaultGateways.ipv6 })] : []),
    ],
    labels: {},
    options: { ...around.config.defaultBridgeOptions },
    bridge: bridge ?? defaultBridgeLink ?? `g${around.instance}0`,
    ownsBridge: bridge === undefined,
    mtu,
  };
}

async function defaultPool(former: Network | undefined, { config, kernel }: Surroundings): Promise<AskedPool> {
  const own = config.bridge === undefined ? undefined : await addressOf(kernel, config.bridge);
  const wanted = config.bip ?? own;
  if (wanted !== undefined) return poolOf(wanted);
  return former?.pools.map(bare).find((pool) => familyOf(pool.subnet) === 'ipv4') ?? { subnet: '', reserved: {} };
}

function defaultIpv6Pool(former: Network | undefined, { config }: Surroundings): AskedPool[] {
  if (config.bip6 !== undefined) return [poolOf(config.bip6)];
  if (config.fixedCidrV6 !== undefined) return [{ subnet: config.fixedCidrV6, reserved: {} }];
  return (former?.pools ?? []).map(bare).filter(({ subnet }) => familyOf(subnet) === 'ipv6');
}

/** The subnet of an address with its prefix, with that address as the bridge's own. */
const poolOf = (wanted: string): AskedPool => ({
  subnet: formatSubnet(parseSubnet(wanted)),
  gateway: wanted.split('/')[0] ?? '',
  reserved: {},
});

/** Without what former settings added. */
const bare = ({ subnet, gateway }: NetworkPool): AskedPool => ({ subnet, gateway, reserved: {} });

/** The IPv4 address of a link, with its prefix. Fails with `not-found`. */
async function addressOf(kernel: Kernel, link: string): Promise<string | undefined> {
  const index = (await kernel.listLinks()).find(({ name: each }) => each === link)?.index;
  if (index === undefined) throw new Failure('not-found', `the bridge ${link} of the configuration does not exist`);
  const found = (await kernel.listAddresses()).find(({ linkIndex, address }) => linkIndex === index && familyOf(address) === 'ipv4');
  return found && `${found.address}/${found.prefixLength}`;
}

const gatewayKeys: Readonly<Record<Subnet['family'], string>> = { ipv4: 'default-gateway', ipv6: 'default-gateway-v6' };

/** Fails with `invalid` and names the key where a gateway of the settings is not in the subnet. */
function settled(
  { subnet, gateway: own, reserved }: NetworkPool,
  { range, gateway }: { readonly range: string | undefined; readonly gateway: string | undefined },
): NetworkPool {
  const family = familyOf(subnet);
  if (gateway !== undefined && !contains(parseSubnet(subnet), gateway))
    throw new Failure('invalid', `"${gatewayKeys[family]}": ${gateway} is not in ${subnet}, the subnet of the default bridge`);
  const isOther = gateway !== undefined && gateway !== own;
  const changed = {
    ...{ subnet, gateway: own, reserved: { ...reserved, ...(isOther && { [gatewayName[family]]: gateway }) } },
    ...(range !== undefined && { range }),
  };
  checkPool(changed);
  return changed;
}
