import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import type { Cable } from '@gantry/linux';
import type { ContainerId } from '../ids.ts';
import { checkWantedAddress } from './create-network.ts';
import { hasAddresses, hasFamily, isDefaultBridge, mayTalk, type Network } from './network.ts';
import { upperOf } from './network-drivers.ts';
import { bookOf, ensureLink, type NetworkHost } from './network-host.ts';
import { newId } from './network-registry.ts';
import type { EndpointRecord } from './sandbox-record.ts';
import type { EndpointRequest, SandboxRequest } from './sandboxes.ts';
import { addressToNumber, familyOf, type Subnet } from './subnet.ts';

/** A network that a container is to join, and how. */
export interface WantedEndpoint {
  readonly network: Network;
  readonly request: EndpointRequest;
}

const plain: EndpointRequest = { aliases: [] };

/** The networks of a request, that of its mode first. Fails with `not-found` in dockerd's words. */
export function wantedEndpoints({ registry }: Pick<NetworkHost, 'registry'>, { networkMode, networks }: SandboxRequest): WantedEndpoint[] {
  const mode = registry.find(networkMode === '' ? 'bridge' : networkMode);
  const others = Object.entries(networks).map(([name, request]) => ({ network: registry.find(name), request }));
  for (const network of [mode, ...others.map((other) => other.network)]) checkJoinable(network);
  if (!hasAddresses(mode)) return [{ network: mode, request: plain }];
  const own = others.find(({ network }) => network.id === mode.id)?.request ?? plain;
  const rest = others
    .filter(({ network }) => network.id !== mode.id)
    .sort((one, other) => (one.network.name < other.network.name ? -1 : 1));
  const wrong = rest.find(({ network }) => !hasAddresses(network));
  if (wrong) throw new Failure('invalid', `container cannot be connected to network ${wrong.network.name} and others`);
  return [{ network: mode, request: own }, ...rest];
}

/** Fails with `forbidden` for what is settings and no network, in dockerd's words. */
export function checkJoinable({ isConfigOnly }: Network): void {
  if (isConfigOnly) throw new Failure('forbidden', 'cannot create endpoint on configuration-only network');
}

export function checkEndpoint({ network, request }: WantedEndpoint): void {
  for (const address of [request.ipv4Address, request.ipv6Address]) if (address !== undefined) checkWantedAddress(network, address);
  if (isDefaultBridge(network) && request.aliases.length > 0)
    throw new Failure('invalid', 'network-scoped alias is supported only for containers in user defined networks');
  if (request.device !== undefined && !/^[^\s/:%]{1,15}$/.test(request.device))
    throw new Failure('invalid', `invalid interface name: ${JSON.stringify(request.device)}`);
  if (request.macAddress !== undefined && !/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(request.macAddress)) {
    throw new Failure('invalid', `invalid MAC address: ${request.macAddress}`);
  }
}

/** Of the outer end of a cable. */
export const newLinkName = ({ instance }: Pick<NetworkHost, 'instance'>): string => `g${instance}${randomBytes(4).toString('hex')}`;

/** Takes addresses and names for an endpoint; nothing is made yet. `undo` gives them back. */
export function takeEndpoint(
  host: Pick<NetworkHost, 'books' | 'instance'>,
  { network, request }: WantedEndpoint,
  context: {
    readonly container: ContainerId;
    readonly containerName: string;
    readonly device: string;
    readonly undo: AsyncDisposableStack;
  },
): EndpointRecord {
  const base = { networkId: network.id, networkName: network.name, endpointId: newId() };
  if (!hasAddresses(network)) return { ...base, link: '', device: '', macAddress: '', aliases: [] };
  const book = bookOf(host, network);
  const take = (family: 'ipv4' | 'ipv6', wanted: string | undefined) => {
    const lease = book.take(family, wanted);
    context.undo.defer(() => book.release(lease.address));
    return lease;
  };
  const ipv4 = hasFamily(network, 'ipv4') ? take('ipv4', request.ipv4Address) : undefined;
  const ipv6 = hasFamily(network, 'ipv6') ? take('ipv6', request.ipv6Address) : undefined;
  return {
    ...base,
    link: newLinkName(host),
    device: request.device ?? context.device,
    macAddress: request.macAddress?.toLowerCase().replaceAll('-', ':') ?? newMac(ipv4?.address),
    ...(ipv4 && { ipv4 }),
    ...(ipv6 && { ipv6 }),
    gatewayPriority: request.gatewayPriority,
    ...(request.linkLocalAddresses && { linkLocalAddresses: [...request.linkLocalAddresses] }),
    ...(request.links && request.links.length > 0 && !isDefaultBridge(network) && { links: [...request.links] }),
    ...(request.sysctls && { sysctls: { ...request.sysctls } }),
    aliases: network.name === 'bridge' ? [] : [...new Set([context.containerName, ...request.aliases, context.container.slice(0, 12)])],
  };
}

export function releaseEndpoint({ books }: Pick<NetworkHost, 'books'>, { networkId, ipv4, ipv6 }: EndpointRecord): void {
  const book = books.get(networkId);
  for (const lease of [ipv4, ipv6]) if (lease) book?.release(lease.address);
}

/** Lays the cable of an endpoint; where somebody has removed the bridge it is made again. */
export async function cableEndpoint(
  host: Pick<NetworkHost, 'kernel' | 'registry'>,
  endpoint: EndpointRecord,
  { namespace, defaultRoutes }: { readonly namespace: string; readonly defaultRoutes: readonly Subnet['family'][] },
): Promise<void> {
  const network = host.registry.find(endpoint.networkId);
  const sysctls = Object.entries(endpoint.sysctls ?? {}).map(([name, value]) => [sysctlName(name, endpoint.device), value]);
  const isIsolated = !mayTalk(network) && !(await seesBridges(host.kernel));
  const cable = cableOf(endpoint, network, { namespace, defaultRoutes, isIsolated });
  try {
    await host.kernel.layCable(cable);
  } catch (thrown) {
    if (Failure.from(thrown).code !== 'not-found') throw thrown;
    await ensureLink(host, network);
    await host.kernel.layCable(cable);
  }
  if (sysctls.length > 0) await host.kernel.writeSysctls(Object.fromEntries(sysctls) as Record<string, string>, namespace);
}

/**
 * Whether the rules see what a bridge forwards. Then they keep neighbours apart, and the ports must not: the kernel bridges what it has redirected to a
 * neighbour's published port.
 */
async function seesBridges(kernel: NetworkHost['kernel']): Promise<boolean> {
  const name = 'net.bridge.bridge-nf-call-iptables';
  return (await kernel.readSysctls([name]))[name] === '1';
}

/** With slashes, as the link's name may have dots. */
const sysctlName = (name: string, device: string): string => name.replaceAll('.', '/').replace('IFNAME', device);

export const defaultRoute = (gateway: string): string => (gateway.includes(':') ? '::/0' : '0.0.0.0/0');

/** As dockerd: they have a prefix of their family's own. */
const linkLocal = (address: string): string => `${address}/${address.includes(':') ? 64 : 16}`;

function cableOf(
  endpoint: EndpointRecord,
  network: Network,
  { namespace, defaultRoutes, isIsolated }: { namespace: string; defaultRoutes: readonly Subnet['family'][]; isIsolated: boolean },
): Cable {
  const leases = [endpoint.ipv4, endpoint.ipv6].filter((lease) => lease !== undefined);
  const upper = upperOf(network);
  // In the third layer there is no gateway to ask for: the link takes all.
  const hasGateway = upper?.kind !== 'ipvlan' || upper.mode === 'l2';
  const routes = leases
    .filter(({ gateway }) => defaultRoutes.includes(familyOf(gateway)))
    .map(({ gateway }) => ({ destination: defaultRoute(gateway), ...(hasGateway && { gateway }) }));
  return {
    name: endpoint.link,
    bridge: network.bridge,
    namespace,
    ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
    isIsolated,
    ...(upper && { upper }),
    inside: {
      name: endpoint.device,
      mac: endpoint.macAddress,
      addresses: [
        ...leases.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
        ...(endpoint.linkLocalAddresses ?? []).map(linkLocal),
      ],
      routes,
    },
  };
}

/** As dockerd: the IPv4 address again, so that a neighbour's cache stays right when an address comes back; without one, at random. */
function newMac(address: string | undefined): string {
  const hex = address === undefined ? randomBytes(4).toString('hex') : addressToNumber(address).toString(16).padStart(8, '0');
  return `02:42:${(hex.match(/../g) ?? []).join(':')}`;
}
