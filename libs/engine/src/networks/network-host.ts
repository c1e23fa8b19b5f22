import { createHash } from 'node:crypto';
import type { Kernel } from '@gantry/linux';
import type { Upstream } from './dns-forwarder.ts';
import type { EventSink } from '../events/engine-event.ts';
import type { ContainerId, NetworkId } from '../ids.ts';
import { AddressBook } from './address-book.ts';
import type { Firewall } from './firewall.ts';
import type { FirewallState, LinkTarget, PortTarget } from './firewall-rules.ts';
import type { HostPorts, PortLease } from './host-ports.ts';
import type { NameServer } from './name-server.ts';
import { hasBridge, isDefaultBridge, isMasqueraded, mayTalk, type Network, usedPools } from './network.ts';
import { overlayOf, vlanOf } from './network-drivers.ts';
import type { NetworkRegistry } from './network-registry.ts';
import type { NetworkSettings } from './network-settings.ts';
import type { EndpointRecord, SandboxRecord, SandboxRecords } from './sandbox-record.ts';
import type { Subnet } from './subnet.ts';

type Family = Subnet['family'];
const families: readonly Family[] = ['ipv4', 'ipv6'];

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
  return {
    bridges: bridges.map(firewallBridge),
    ports: [...live.values()].flatMap(({ record }) => portTargets(registry, record)),
    links: linkTargets({ registry, live }),
  };
}

/** The ways that links open on a default bridge where neighbours may not talk: all, or those from and to one container. As with dockerd, by IPv4. */
export function linkTargets(
  { registry, live }: { readonly registry: NetworkRegistry; readonly live: ReadonlyMap<ContainerId, LiveSandbox> },
  container?: ContainerId,
): LinkTarget[] {
  const bridge = registry.named('bridge');
  if (!bridge || mayTalk(bridge)) return [];
  const addressOf = (one: ContainerId): string | undefined =>
    live.get(one)?.record.endpoints.find(({ networkId }) => networkId === bridge.id)?.ipv4?.address;
  return [...live.values()].flatMap(({ record: { container: own, links = [] } }) =>
    links
      .filter((link) => container === undefined || own === container || link.container === container)
      .flatMap(({ container: other, ports }) => {
        const [from, to] = [addressOf(own), addressOf(other)];
        return from === undefined || to === undefined ? [] : ports.map((port) => ({ from, to, ...port }));
      }),
  );
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

/** The endpoints of a container that each family goes out by, as dockerd chooses them; undefined: that family leads nowhere. */
export interface OutwardEndpoints {
  readonly ipv4: EndpointRecord | undefined;
  readonly ipv6: EndpointRecord | undefined;
}

/**
 * Where published ports lead: to the address of each family in the first network that has it and is not internal. What comes by a family that the
 * container has no address of is carried by the proxy.
 */
export function portTargets(registry: NetworkRegistry, { ports, endpoints }: Pick<SandboxRecord, 'ports' | 'endpoints'>): PortTarget[] {
  const { ipv4, ipv6 } = publishingEndpoints(registry, endpoints);
  return [ipv4?.ipv4?.address, ipv6?.ipv6?.address].flatMap((address) =>
    address === undefined
      ? []
      : ports
          .filter((port) => port.address === '' || port.address.includes(':') === address.includes(':'))
          .map((port) => ({ port, address })),
  );
}

/**
 * The endpoints of the default routes: of the networks that are not internal and have the family the one with the highest priority, and of those alike, as
 * with dockerd, the first by name.
 */
export function gatewayEndpoints(registry: NetworkRegistry, endpoints: readonly EndpointRecord[]): OutwardEndpoints {
  return firstIn(registry, endpoints, ({ isInternal }) => !isInternal);
}

/** That of the default route of IPv4, or where there is none, of IPv6. */
export function gatewayEndpoint(registry: NetworkRegistry, endpoints: readonly EndpointRecord[]): EndpointRecord | undefined {
  const { ipv4, ipv6 } = gatewayEndpoints(registry, endpoints);
  return ipv4 ?? ipv6;
}

/** The families whose default route goes by an endpoint. */
export const familiesOf = (outward: OutwardEndpoints, { endpointId }: EndpointRecord): Family[] =>
  families.filter((family) => outward[family]?.endpointId === endpointId);

/** The same among those on a bridge of this host: published ports lead to them. */
export function publishingEndpoints(registry: NetworkRegistry, endpoints: readonly EndpointRecord[]): OutwardEndpoints {
  return firstIn(registry, endpoints, (network) => !network.isInternal && hasBridge(network));
}

function firstIn(
  registry: NetworkRegistry,
  endpoints: readonly EndpointRecord[],
  isMeant: (network: Network) => boolean,
): OutwardEndpoints {
  const meant = new Set(registry.list().flatMap((network) => (isMeant(network) ? [network.id] : [])));
  const sorted = endpoints
    .filter(({ networkId }) => meant.has(networkId))
    .toSorted((one, other) => (other.gatewayPriority ?? 0) - (one.gatewayPriority ?? 0) || (one.networkName < other.networkName ? -1 : 1));
  return { ipv4: sorted.find(({ ipv4 }) => ipv4 !== undefined), ipv6: sorted.find(({ ipv6 }) => ipv6 !== undefined) };
}

/** The address that what the proxy carries to a joined container goes to now: that of IPv4, or where it has none, of IPv6. */
export function publishedAddress({ registry, live }: Pick<NetworkHost, 'registry' | 'live'>, container: ContainerId): string | undefined {
  const { ipv4, ipv6 } = publishingEndpoints(registry, live.get(container)?.record.endpoints ?? []);
  return ipv4?.ipv4?.address ?? ipv6?.ipv6?.address;
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
  const { bridge, mtu, id, ownsBridge } = network;
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
  if (isDefaultBridge(network) && (ownsBridge || !mayTalk(network))) await leadLinksByRules(kernel, network);
}

/**
 * Ports that may not talk are kept apart by the bridge itself, where no rule could let a link through. As the bridge answers for its neighbours (RFC 3069),
 * what they send each other is forwarded by this host, and the rules decide.
 */
async function leadLinksByRules(kernel: Kernel, network: Network): Promise<void> {
  const { bridge } = network;
  const answers = mayTalk(network) ? '0' : '1';
  await kernel.writeSysctls({ [`net/ipv4/conf/${bridge}/proxy_arp_pvlan`]: answers, [`net/ipv4/neigh/${bridge}/proxy_delay`]: '0' });
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
