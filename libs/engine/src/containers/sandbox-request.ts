import { Failure } from '@gantry/base';
import type { EndpointRequest, PublishedPort, SandboxRequest } from '../networks/sandboxes.ts';
import { type ContainerRecord, exitOf } from './container.ts';
import type { EndpointSettings, HostConfig } from './container-config.ts';
import type { ContainersHost } from './containers-host.ts';

/** What a container asks of the network. A network mode `container:x` asks for nothing: it uses the other's namespace. */
export function sandboxRequest(host: Pick<ContainersHost, 'find'>, record: ContainerRecord): SandboxRequest {
  const { config, hostConfig } = record;
  const isShared = hostConfig.NetworkMode.startsWith('container:');
  const isDisabled = config.NetworkDisabled === true || isShared;
  return {
    container: record.id,
    containerName: record.name,
    hostname: config.Hostname,
    domainname: config.Domainname,
    networkMode: isDisabled ? 'none' : firstNetwork(record),
    networks: isDisabled ? {} : endpointRequests(record),
    ports: isDisabled ? [] : preferring(publishedPorts(record), exitOf(host.find(record.id).state)?.ports ?? []),
    dns: hostConfig.Dns ?? [],
    dnsSearch: hostConfig.DnsSearch ?? [],
    dnsOptions: hostConfig.DnsOptions ?? [],
    extraHosts: hostConfig.ExtraHosts ?? [],
    sysctls: {},
  };
}

/** Ports that nobody named stay what they were, where they are free. */
function preferring(ports: readonly PublishedPort[], former: readonly PublishedPort[]): PublishedPort[] {
  const left = [...former];
  return ports.map((port) => {
    const isFormer = ({ containerPort, protocol, address }: PublishedPort): boolean =>
      containerPort === port.containerPort && protocol === port.protocol && (port.address === '' || address === port.address);
    const at = left.findIndex(isFormer);
    const [found] = at < 0 ? [] : left.splice(at, 1);
    const isChosen = port.hostPort === 0 || port.lastHostPort !== undefined;
    return found && isChosen ? { ...port, preferredHostPort: found.hostPort } : port;
  });
}

/** That of its mode, unless it has left it: then another of its networks, or none. */
function firstNetwork({ hostConfig, endpoints, hasLeftMode }: ContainerRecord): string {
  return hasLeftMode ? (Object.keys(endpoints)[0] ?? 'none') : hostConfig.NetworkMode;
}

/** What it calls the networks that it is in or joins at its next start; nothing where it uses the namespace of another container. */
export function networksOf({ hostConfig, endpoints, hasLeftMode }: ContainerRecord): string[] {
  const { NetworkMode: mode } = hostConfig;
  return [...(hasLeftMode || mode.startsWith('container:') ? [] : [mode]), ...Object.keys(endpoints)].map((name) =>
    name === 'default' ? 'bridge' : name,
  );
}

function endpointRequests(record: ContainerRecord): SandboxRequest['networks'] {
  const { endpoints, hostConfig, config } = record;
  const requests = Object.entries(endpoints).map(([name, settings]) => [
    name === 'default' ? 'bridge' : name,
    endpointRequest(settings, hostConfig),
  ]);
  const asked = Object.fromEntries(requests) as SandboxRequest['networks'];
  const mac = config.MacAddress;
  const first = firstNetwork(record);
  const own = asked[first];
  if (mac === undefined || own?.macAddress !== undefined) return asked;
  return { ...asked, [first]: { aliases: [], ...own, macAddress: mac } };
}

function endpointRequest(settings: EndpointSettings, hostConfig: HostConfig): SandboxRequest['networks'][string] {
  const { IPv4Address, IPv6Address, LinkLocalIPs } = settings.IPAMConfig ?? {};
  return {
    aliases: settings.Aliases ?? [],
    ...(IPv4Address && { ipv4Address: IPv4Address }),
    ...(IPv6Address && { ipv6Address: IPv6Address }),
    ...(settings.MacAddress && { macAddress: settings.MacAddress }),
    ...(LinkLocalIPs && { linkLocalAddresses: LinkLocalIPs }),
    ...(settings.GwPriority && { gatewayPriority: settings.GwPriority }),
    ...driverOptions(settings.DriverOpts ?? {}),
    // On the default bridge links are variables and lines of the hosts file (links.ts).
    links: [...(settings.Links ?? []), ...(hostConfig.NetworkMode === 'bridge' ? [] : (hostConfig.Links ?? []))],
  };
}

/** Options of an endpoint that dockerd knows since API 1.46. Fails with `invalid` for a setting that is not of the link itself. */
function driverOptions(options: Readonly<Record<string, string>>): Pick<EndpointRequest, 'device' | 'sysctls'> {
  const device = options['com.docker.network.endpoint.ifname'];
  const list = options['com.docker.network.endpoint.sysctls']?.split(',') ?? [];
  const sysctls = list.map((entry) => {
    const [, name, value] = /^(net\.[a-z0-9]+\.[a-z]+\.IFNAME\.[a-z0-9_]+)=(.*)$/.exec(entry) ?? [];
    if (name === undefined || value === undefined) throw new Failure('invalid', `invalid endpoint sysctl setting: ${entry}`);
    return [name, value] as const;
  });
  return { ...(device && { device }), ...(sysctls.length > 0 && { sysctls: Object.fromEntries(sysctls) }) };
}

/** Bound ports, ranges taken apart, and with `-P` every exposed port that is not bound. Fails with `invalid` for what is not a port. */
export function publishedPorts({ config, hostConfig }: Pick<ContainerRecord, 'config' | 'hostConfig'>): PublishedPort[] {
  const ports = Object.entries(hostConfig.PortBindings ?? {}).flatMap(([port, bindings]) => {
    const parsed = parsePort(port);
    return (bindings ?? []).map(({ HostIp = '', HostPort = '' }) => ({ ...parsed, address: HostIp, ...hostPorts(HostPort) }));
  });
  if (!hostConfig.PublishAllPorts) return ports;
  const exposed = Object.keys(config.ExposedPorts ?? {}).map(parsePort);
  const free = exposed.filter(
    (port) => !ports.some((bound) => bound.containerPort === port.containerPort && bound.protocol === port.protocol),
  );
  return [...ports, ...free.map((port) => ({ ...port, address: '', hostPort: 0 }))];
}

/** `80` or `80/udp`. Fails with `invalid` for what is not a port. */
export function parsePort(text: string): Pick<PublishedPort, 'containerPort' | 'protocol'> {
  const found = /^(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const containerPort = Number(found?.[1] ?? 0);
  if (containerPort < 1 || containerPort > 65_535)
    throw new Failure('invalid', `invalid port specification: "${text.split('/')[0] ?? ''}"`);
  return { containerPort, protocol: (found?.[2] ?? 'tcp').toLowerCase() as PublishedPort['protocol'] };
}

/** `8080`, `8000-8010` for the first that is free, '' for any. */
function hostPorts(text: string): Pick<PublishedPort, 'hostPort' | 'lastHostPort'> {
  if (text === '' || text === '0') return { hostPort: 0 };
  const [first = '', last = first] = text.split('-');
  const [from, to] = [Number(first), Number(last)];
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 1 || to > 65_535 || from > to)
    throw new Failure('invalid', `invalid port specification: "${text}"`);
  return { hostPort: from, ...(to > from && { lastHostPort: to }) };
}
