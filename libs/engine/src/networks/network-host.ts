import { createHash } from 'node:crypto';
import type { Kernel } from '@gantry/linux';
import type { Upstream } from './dns-forwarder.ts';
import type { EventSink } from '../events/engine-event.ts';
import type { ContainerId, NetworkId } from '../ids.ts';
import { AddressBook } from './address-book.ts';
import type { Firewall } from './firewall.ts';
import type { FirewallState, PortTarget } from './firewall-rules.ts';
import type { HostPorts, PortLease } from './host-ports.ts';
import type { NameServer } from './name-server.ts';
import { hasBridge, isMasqueraded, mayTalk, type Network } from './network.ts';
import { overlayOf, vlanOf } from './network-drivers.ts';
import type { NetworkRegistry } from './network-registry.ts';
import type { NetworkSettings } from './network-settings.ts';
import type { EndpointRecord, SandboxRecord, SandboxRecords } from './sandbox-record.ts';

/** A joined container: what is on record, and what this process holds open for it. */
export interface LiveSandbox {
  record: SandboxRecord;
  ports: PortLease | undefined;
  nameServer: NameServer | undefined;
  /** Who its name server asks for names of the world. */
  upstreams?: readonly Upstream[];
}

/** What the verbs of networks work with. */
export interface NetworkHost {
  readonly kernel: Kernel;
  readonly instance: string;
  readonly registry: NetworkRegistry;
  readonly records: SandboxRecords;
  readonly live: Map<ContainerId, LiveSandbox>;
  readonly books: Map<NetworkId, AddressBook>;
  readonly firewall: Firewall;
  readonly hostPorts: HostPorts;
  readonly config: NetworkSettings;
  readonly events: EventSink;
  /** Directory of the pins of namespaces. */
  readonly pins: string;
  readonly report: (problem: string) => void;
}

export function bookOf({ books }: Pick<NetworkHost, 'books'>, network: Network): AddressBook {
  const found = books.get(network.id) ?? new AddressBook(network.pools, `${network.name} (${network.id})`);
  books.set(network.id, found);
  return found;
}

export function firewallStateOf(registry: NetworkRegistry, live: ReadonlyMap<ContainerId, LiveSandbox>): FirewallState {
  const bridges = registry.list().filter(hasBridge);
  return { bridges: bridges.map(firewallBridge), ports: [...live.values()].flatMap(({ record }) => portTargets(registry, record)) };
}

export function firewallBridge(network: Network): FirewallState['bridges'][number] {
  return {
    link: network.bridge,
    subnets: usedPools(network).map(({ subnet }) => subnet),
    isInternal: network.isInternal,
    isMasqueraded: isMasqueraded(network),
    mayTalk: mayTalk(network),
  };
}

/** Pools of the families that the network has. */
export const usedPools = ({ pools, hasIpv6 }: Network): Network['pools'] => pools.filter(({ subnet }) => hasIpv6 || !subnet.includes(':'));

/**
 * Where published ports lead: to the addresses in the first network that is not internal, each family to its own. What comes by IPv6 to a container
 * without such an address is carried by the proxy.
 */
export function portTargets(registry: NetworkRegistry, { ports, endpoints }: Pick<SandboxRecord, 'ports' | 'endpoints'>): PortTarget[] {
  const endpoint = publishingEndpoint(registry, endpoints);
  return [endpoint?.ipv4?.address, endpoint?.ipv6?.address].flatMap((address) =>
    address === undefined
      ? []
      : ports
          .filter((port) => port.address === '' || port.address.includes(':') === address.includes(':'))
          .map((port) => ({ port, address })),
  );
}

/**
 * The endpoint of the default route: of the networks that are not internal the one with the highest priority, and of those alike, as with dockerd, the
 * first by name.
 */
export function gatewayEndpoint(registry: NetworkRegistry, endpoints: readonly EndpointRecord[]): EndpointRecord | undefined {
  return firstIn(registry, endpoints, ({ isInternal }) => !isInternal);
}

/** The same among those on a bridge of this host: published ports lead to it. */
export function publishingEndpoint(registry: NetworkRegistry, endpoints: readonly EndpointRecord[]): EndpointRecord | undefined {
  return firstIn(registry, endpoints, (network) => !network.isInternal && hasBridge(network));
}

function firstIn(
  registry: NetworkRegistry,
  endpoints: readonly EndpointRecord[],
  isMeant: (network: Network) => boolean,
): EndpointRecord | undefined {
  const meant = new Set(registry.list().flatMap((network) => (isMeant(network) ? [network.id] : [])));
  const [first] = endpoints
    .filter(({ ipv4, networkId }) => ipv4 !== undefined && meant.has(networkId))
    .toSorted((one, other) => (other.gatewayPriority ?? 0) - (one.gatewayPriority ?? 0) || (one.networkName < other.networkName ? -1 : 1));
  return first;
}

/** The address that the published ports of a joined container lead to now. */
export function publishedAddress({ registry, live }: Pick<NetworkHost, 'registry' | 'live'>, container: ContainerId): string | undefined {
  return publishingEndpoint(registry, live.get(container)?.record.endpoints ?? [])?.ipv4?.address;
}

/** Makes the link of a network as it should be; twice is once. */
export async function ensureLink(host: Pick<NetworkHost, 'kernel'>, network: Network): Promise<void> {
  const { kernel } = host;
  const { bridge, ownsBridge, mtu = 1450 } = network;
  if (hasBridge(network)) await ensureBridge(host, network);
  if (network.driver === 'overlay') {
    const { port, ...overlay } = overlayOf(network);
    await kernel.createVxlan({ ...overlay, name: tunnelOf(network), bridge, udpPort: port, mtu });
  }
  if (hasBridge(network) || !ownsBridge) return;
  const vlan = vlanOf(bridge);
  if (vlan) await kernel.createVlan({ name: bridge, ...vlan });
  else await kernel.createBridge({ name: bridge });
}

/** The link of an overlay network to the other hosts. */
export const tunnelOf = ({ bridge }: Network): string => `${bridge}x`;

/** Takes away the links of a network that are ours. */
export async function removeLinks({ kernel }: Pick<NetworkHost, 'kernel'>, network: Network): Promise<void> {
  if (network.driver === 'overlay') await kernel.removeLink(tunnelOf(network));
  if (network.ownsBridge) await kernel.removeLink(network.bridge);
}

async function ensureBridge({ kernel }: Pick<NetworkHost, 'kernel'>, network: Network): Promise<void> {
  const { bridge, mtu, id } = network;
  // A bridge without an address of its own takes that of a port, and changes it when ports come and go.
  const mac = `02:42:${(createHash('sha256').update(id).digest('hex').slice(0, 8).match(/../g) ?? []).join(':')}`;
  await kernel.createBridge({ name: bridge, mac, ...(mtu === undefined ? {} : { mtu }) });
  if (network.hasIpv6) {
    await forwardIpv6(kernel);
    // Nobody else has its link-local address; until the kernel knows that, which takes a second, it asks for no neighbour.
    await kernel.writeSysctls({ [`net/ipv6/conf/${bridge}/accept_dad`]: '0' });
  }
  for (const { gateway, subnet } of usedPools(network)) await kernel.addAddress(bridge, `${gateway}/${subnet.split('/')[1] ?? ''}`);
  await kernel.writeSysctls({ [`net/ipv4/conf/${bridge}/route_localnet`]: '1' });
}

/** A host that forwards does not hear router advertisements any more unless a link says that it does (accept_ra 2): its own addresses come by them. */
async function forwardIpv6(kernel: Kernel): Promise<void> {
  const forwarding = 'net.ipv6.conf.all.forwarding';
  if ((await kernel.readSysctls([forwarding]))[forwarding] !== '0') return;
  const names = (await kernel.listLinks()).map(({ name }) => `net/ipv6/conf/${name}/accept_ra`);
  const hearing = Object.entries(await kernel.readSysctls(names)).filter(([, value]) => value === '1');
  await kernel.writeSysctls({ ...Object.fromEntries(hearing.map(([name]) => [name, '2'])), [forwarding]: '1' });
}

/** Takes away addresses that a former configuration gave to a bridge. */
export async function dropForeignAddresses({ kernel }: Pick<NetworkHost, 'kernel'>, { bridge, pools }: Network): Promise<void> {
  const index = (await kernel.listLinks()).find(({ name }) => name === bridge)?.index;
  for (const { linkIndex, address, prefixLength, isLinkLocal } of await kernel.listAddresses()) {
    if (linkIndex !== index || isLinkLocal || pools.some(({ gateway }) => gateway === address)) continue;
    await kernel.removeAddress(bridge, `${address}/${prefixLength}`);
  }
}

export function publishNetwork(
  { events }: Pick<NetworkHost, 'events'>,
  network: Pick<Network, 'id' | 'name' | 'driver'>,
  { action, container }: { action: 'create' | 'destroy' | 'connect' | 'disconnect'; container?: ContainerId },
): void {
  const attributes = { ...(container !== undefined && { container }), name: network.name, type: network.driver };
  events.publish({ type: 'network', action, actorId: network.id, attributes });
}
