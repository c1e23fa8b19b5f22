import { readFile } from 'node:fs/promises';
import type { Kernel } from '@gantry/linux';
import type { EngineConfig } from '../config.ts';
import type { EventSink } from '../events/engine-event.ts';
import type { AddressPool } from './address-pools.ts';
import { option } from './network.ts';
import { parseResolvConf, type ResolverSettings } from './sandbox-files.ts';

/** What daemon.json says of networks. */
export interface NetworkSettings {
  /** Address and prefix of the default bridge, as `172.17.0.1/16`. */
  readonly bip?: string;
  /** The same for IPv6, as `fd00:1::1/64`. */
  readonly bip6?: string;
  /** The routers that containers on the default bridge have as their gateways, in place of the bridge itself. */
  readonly defaultGateways?: { readonly ipv4?: string | undefined; readonly ipv6?: string | undefined };
  /** Containers on the default bridge get addresses from here. */
  readonly fixedCidr?: string;
  readonly mtu?: number;
  /** The default bridge has IPv6, from `bip6`, `fixedCidrV6` or a pool. */
  readonly hasIpv6?: boolean;
  readonly fixedCidrV6?: string;
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly defaultAddressPools?: readonly AddressPool[];
  /** Options of the default bridge, as of others (`network.ts`). */
  readonly defaultBridgeOptions?: Readonly<Record<string, string>>;
  /** Options of new networks that do not say otherwise. */
  readonly defaultNetworkOptions?: Readonly<Record<string, string>>;
  /** What `host-gateway` stands for; by default the gateways of the default bridge. */
  readonly hostGateways?: readonly string[];
  /** Makes the IPv6 addresses of this host's networks unlike those of other hosts. */
  readonly hostId?: string;
  /** A link that an administrator has made for the default bridge; its address is that of the network where `bip` says nothing. */
  readonly bridge?: string;
  /** The link of the default bridge otherwise; by default `gantry0` for the engine of the machine, `g<instance>0` for others. */
  readonly defaultBridgeLink?: string;
}

export interface NetworksOptions {
  readonly kernel: Kernel;
  /** Six hex digits, in the names of all links and tables. */
  readonly instance: string;
  /** What outlives a boot: `<data-root>/engine`. */
  readonly dataRoot: string;
  /** What does not: `<run-root>/engine`. */
  readonly runRoot: string;
  readonly config: NetworkSettings;
  readonly events: EventSink;
  /** Hears what went wrong where nobody waits for an answer. */
  readonly report?: (problem: string) => void;
}

/** What daemon.json says, in the words of networks. */
export function networkSettingsOf(config: EngineConfig, hostId: string): NetworkSettings {
  const { bridge, bridgeAddress, bridgeAddressV6, fixedCidr, hasIpv6, fixedCidrV6, mtu, hostGateways, bindAddress, addressPools } = config;
  return {
    hostId,
    ...(bridge !== undefined && { bridge }),
    ...(bridgeAddress !== undefined && { bip: bridgeAddress }),
    ...(bridgeAddressV6 !== undefined && { bip6: bridgeAddressV6 }),
    defaultGateways: config.defaultGateways,
    ...(fixedCidr !== undefined && { fixedCidr }),
    hasIpv6,
    ...(fixedCidrV6 !== undefined && { fixedCidrV6 }),
    ...(mtu !== undefined && { mtu }),
    ...{ dns: config.dns, dnsSearch: config.dnsSearch, dnsOptions: config.dnsOptions },
    ...(addressPools.length > 0 && { defaultAddressPools: addressPools }),
    ...(hostGateways !== undefined && { hostGateways }),
    defaultBridgeOptions: {
      ...(!config.mayTalk && { [option.talk]: 'false' }),
      ...(!config.isMasqueraded && { [option.masquerade]: 'false' }),
      ...(bindAddress !== undefined && { [option.bindAddress]: bindAddress }),
    },
    defaultNetworkOptions: config.defaultNetworkOptions,
  };
}

/** The settings of the host itself; nothing where it has no such file. */
export async function hostResolver(): Promise<ResolverSettings> {
  return parseResolvConf(await readFile('/etc/resolv.conf', 'utf8').catch(() => ''));
}

export function daemonResolver({ dns = [], dnsSearch = [], dnsOptions = [] }: NetworkSettings): ResolverSettings {
  return { servers: dns, search: dnsSearch, options: dnsOptions };
}
