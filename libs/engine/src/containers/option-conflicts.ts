import { isIP, isIPv4, isIPv6 } from 'node:net';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { CreateBody } from './container-config.ts';

type RequestedHost = NonNullable<CreateBody['HostConfig']>;

/** What a request has of things that do not go together with some network mode. */
interface Asked {
  readonly host: RequestedHost;
  readonly hasHostname: boolean;
  readonly hasMac: boolean;
  readonly hasExposedPorts: boolean;
}

/** Options that exclude each other, in dockerd's order and words (moby runconfig). Fails with `invalid`. */
export function checkConflicts(body: CreateBody): void {
  checkEndpoints(body);
  const host = body.HostConfig;
  if (!host) return;
  const asked: Asked = {
    host,
    hasHostname: (body.Hostname ?? '') !== '',
    hasMac: (body.MacAddress ?? '') !== '',
    hasExposedPorts: count(body.ExposedPorts) > 0,
  };
  const conflict = networkConflict(asked) ?? platformConflict(host);
  if (conflict !== undefined) throw new Failure('invalid', conflict);
}

/** Addresses that are none, told at create as dockerd does. */
function checkEndpoints({ NetworkingConfig }: CreateBody): void {
  for (const { IPAMConfig, MacAddress } of Object.values(NetworkingConfig?.EndpointsConfig ?? {})) {
    const { IPv4Address, IPv6Address, LinkLocalIPs } = IPAMConfig ?? {};
    if (IPv4Address && !isIPv4(IPv4Address)) throw new Failure('invalid', `invalid IPv4 address: ${IPv4Address}`);
    if (IPv6Address && !isIPv6(IPv6Address)) throw new Failure('invalid', `invalid IPv6 address: ${IPv6Address}`);
    const wrong = LinkLocalIPs?.find((address) => isIP(address) === 0);
    if (wrong !== undefined) throw new Failure('invalid', `invalid link-local IP address: ${wrong}`);
    if (MacAddress && !/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(MacAddress))
      throw new Failure('invalid', `invalid MAC address: ${MacAddress}`);
  }
}

function networkConflict(asked: Asked): string | undefined {
  const { host, hasHostname, hasMac } = asked;
  const mode = host.NetworkMode ?? '';
  const isShared = mode.startsWith('container:');
  if (mode === 'container:') return 'Invalid network mode: invalid container format container:<name|id>';
  if (hasHostname && host.UTSMode === 'host') return conflicting('hostname and the UTS mode');
  if (hasHostname && isShared) return conflicting('hostname and the network mode');
  if (mode === 'host' && count(host.Links) > 0) return linksConflict('host type networking');
  if (isShared && count(host.Links) > 0) return linksConflict('container type network');
  if ((isShared || mode === 'host') && hasMac) return conflicting('mac-address and the network mode');
  return isShared ? sharedNetworkConflict(asked) : undefined;
}

/** The network is another container's: what belongs to a network is asked there. */
function sharedNetworkConflict({ host, hasExposedPorts }: Asked): string | undefined {
  if (count(host.Dns) > 0) return conflicting('dns and the network mode');
  if (count(host.ExtraHosts) > 0) return conflicting('custom host-to-IP mapping and the network mode');
  if (count(host.PortBindings) > 0 || host.PublishAllPorts === true)
    return conflicting('port publishing and the container type network mode');
  return hasExposedPorts ? conflicting('port exposing and the container type network mode') : undefined;
}

function platformConflict(host: RequestedHost): string | undefined {
  const { Isolation, IOMaximumBandwidth, IOMaximumIOps } = host;
  if (Isolation && Isolation !== 'default') return `Invalid isolation: ${JSON.stringify(Isolation)} - linux only supports 'default'`;
  if (IOMaximumBandwidth) return 'Invalid QoS settings: linux does not support configuration of maximum bandwidth';
  if (IOMaximumIOps) return 'Invalid QoS settings: linux does not support configuration of maximum IOPs';
  const { CgroupnsMode, StorageOpt } = host;
  if (CgroupnsMode && !['private', 'host'].includes(CgroupnsMode)) return `invalid cgroup namespace mode: ${CgroupnsMode}`;
  return storageConflict(StorageOpt ?? {});
}

/** Sizes of writable layers need project quotas, which overlayfs has on xfs only; this engine does not set them. */
function storageConflict(options: Readonly<Record<string, string>>): string | undefined {
  const [name] = Object.keys(options);
  if (name === undefined) return undefined;
  return name.toLowerCase() === 'size' ? messages.storageSizeUnsupported : `Unknown option ${name}`;
}

const conflicting = (what: string): string => `conflicting options: ${what}`;
const linksConflict = (what: string): string => conflicting(`${what} can't be used with links. This would result in undefined behavior`);

const count = (value: object | null | undefined): number => Object.keys(value ?? {}).length;
