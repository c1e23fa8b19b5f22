import type { Endpoint, PublishedPort, Sandbox, SandboxesForContainers } from '../networks/sandboxes.ts';
import { type ContainerRecord, type ContainerState, runOf } from './container.ts';
import type { EndpointSettings } from './container-config.ts';
import { networksOf } from './sandbox-request.ts';

/** `NetworkSettings` of inspect: of the joined networks, or of those that it would join. */
export function networkSettings(names: NetworkNames, record: ContainerRecord, state: ContainerState): object {
  const sandbox = runOf(state)?.sandbox;
  const bridge = sandbox?.endpoints.find(({ networkName }) => networkName === 'bridge');
  return {
    Bridge: '',
    SandboxID: sandbox ? record.id : '',
    SandboxKey: sandbox?.namespacePath ?? '',
    Ports: portMap(record, sandbox),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: bridge?.endpointId ?? '',
    ...addresses(bridge),
    Networks: networks(names, record, state),
  };
}

/** Finds a network by what a request calls it. */
type NetworkNames = Pick<SandboxesForContainers, 'network'>;

interface NetworkView extends Readonly<Record<string, unknown>> {
  readonly NetworkID: string;
}

/** Networks by name, as inspect and list show them: those that it has joined, else those that it would join. */
export function networks(names: NetworkNames, record: ContainerRecord, state: ContainerState): Record<string, NetworkView> {
  const { hostConfig, endpoints, config } = record;
  if (hostConfig.NetworkMode.startsWith('container:') || config.NetworkDisabled === true) return {};
  const joined = runOf(state)?.sandbox.endpoints ?? [];
  const shown =
    joined.length > 0 ? joined.map(({ networkName }) => networkName) : networksOf(record).map((name) => names.network(name)?.name ?? name);
  return Object.fromEntries(
    [...new Set(shown)].map((name) => {
      const endpoint = joined.find(({ networkName }) => networkName === name);
      const knownId = state.name === 'created' ? '' : (names.network(name)?.id ?? '');
      return [name, endpointView(endpoint, { id: endpoint?.networkId ?? knownId, asked: askedOf(names, endpoints, name) })];
    }),
  );
}

/** What the request says of a network, by whatever name it calls it. */
function askedOf(names: NetworkNames, endpoints: ContainerRecord['endpoints'], name: string): EndpointSettings | undefined {
  return endpoints[name] ?? Object.entries(endpoints).find(([reference]) => names.network(reference)?.name === name)?.[1];
}

function endpointView(endpoint: Endpoint | undefined, { id, asked }: { id: string; asked: EndpointSettings | undefined }): NetworkView {
  return {
    ...{ IPAMConfig: asked?.IPAMConfig ?? null, Links: asked?.Links ?? null, Aliases: asked?.Aliases ?? null },
    ...{ DriverOpts: asked?.DriverOpts ?? null, GwPriority: asked?.GwPriority ?? 0, NetworkID: id, EndpointID: endpoint?.endpointId ?? '' },
    ...addresses(endpoint),
    // What was asked for is told of a container that does not run, too: else it could not be made again as it is.
    ...(endpoint === undefined && asked?.MacAddress ? { MacAddress: asked.MacAddress } : {}),
    DNSNames: endpoint && endpoint.aliases.length > 0 ? endpoint.aliases : null,
  };
}

function addresses(endpoint: Endpoint | undefined): object {
  return {
    Gateway: endpoint?.ipv4?.gateway ?? '',
    IPAddress: endpoint?.ipv4?.address ?? '',
    IPPrefixLen: endpoint?.ipv4?.prefixLength ?? 0,
    IPv6Gateway: endpoint?.ipv6?.gateway ?? '',
    GlobalIPv6Address: endpoint?.ipv6?.address ?? '',
    GlobalIPv6PrefixLen: endpoint?.ipv6?.prefixLength ?? 0,
    MacAddress: endpoint?.macAddress ?? '',
  };
}

/** `80/tcp` → its bindings; null for an exposed port that is not published. Nothing for a container that does not run. */
function portMap({ config }: ContainerRecord, sandbox: Sandbox | undefined): Record<string, object[] | null> {
  if (!sandbox || sandbox.endpoints.length === 0) return {};
  const ports: Record<string, object[] | null> = Object.fromEntries(Object.keys(config.ExposedPorts ?? {}).map((port) => [port, null]));
  for (const port of sandbox.ports) {
    const key = `${port.containerPort}/${port.protocol}`;
    ports[key] = [...(ports[key] ?? []), ...hostAddresses(port).map((HostIp) => ({ HostIp, HostPort: String(port.hostPort) }))];
  }
  return ports;
}

/** A port published on all addresses is shown for IPv4 and IPv6. */
export function hostAddresses({ address }: PublishedPort): string[] {
  return address === '' ? ['0.0.0.0', '::'] : [address];
}
