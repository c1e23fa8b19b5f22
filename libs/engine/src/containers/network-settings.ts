import type { Endpoint, PublishedPort, Sandbox } from '../networks/sandboxes.ts';
import { type ContainerRecord, type ContainerState, runOf } from './container.ts';

/** `NetworkSettings` of inspect: of the joined networks, or of those that it would join. */
export function networkSettings(record: ContainerRecord, state: ContainerState): object {
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
    Networks: networks(record, sandbox),
  };
}

interface NetworkView {
  readonly NetworkID: string;
}

/** Networks by name, as inspect and list show them. */
export function networks({ hostConfig, endpoints }: ContainerRecord, sandbox: Sandbox | undefined): Record<string, NetworkView> {
  if (hostConfig.NetworkMode.startsWith('container:')) return {};
  const joined = sandbox?.endpoints ?? [];
  const wanted = [...new Set([hostConfig.NetworkMode, ...Object.keys(endpoints).map((name) => (name === 'default' ? 'bridge' : name))])];
  const names = joined.length > 0 ? joined.map(({ networkName }) => networkName) : wanted;
  return Object.fromEntries(
    names.map((name) => {
      const endpoint = joined.find(({ networkName }) => networkName === name);
      const asked = endpoints[name];
      return [
        name,
        {
          IPAMConfig: asked?.IPAMConfig ?? null,
          Links: asked?.Links ?? null,
          Aliases: asked?.Aliases ?? null,
          DriverOpts: null,
          GwPriority: 0,
          NetworkID: endpoint?.networkId ?? '',
          EndpointID: endpoint?.endpointId ?? '',
          ...addresses(endpoint),
          DNSNames: endpoint && endpoint.aliases.length > 0 ? endpoint.aliases : null,
        },
      ];
    }),
  );
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
