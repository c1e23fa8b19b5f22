import { isIP } from 'node:net';
import { Failure } from '@gantry/base';
import type { Endpoint, SandboxRequest } from './sandboxes.ts';

/** Where the embedded name server listens in the namespaces of user-defined networks. */
export const nameServerAddress = '127.0.0.11';

/** What a resolv.conf says. */
export interface ResolverSettings {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Those of dockerd, where the host names none that a container could reach. */
const publicServers = ['8.8.8.8', '8.8.4.4'];

export function parseResolvConf(text: string): ResolverSettings {
  const rows = text.split('\n').map((line) =>
    line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/),
  );
  const valuesOf = (keyword: string): string[] => rows.flatMap(([first, ...values]) => (first === keyword ? values : []));
  const search = rows.findLast(([first]) => first === 'search' || first === 'domain')?.slice(1) ?? [];
  return {
    servers: valuesOf('nameserver').filter((server) => isIP(server.replace(/%.*$/, '')) !== 0),
    search,
    options: valuesOf('options'),
  };
}

export function formatResolvConf({ servers, search, options }: ResolverSettings): string {
  const lines = [
    ...servers.map((server) => `nameserver ${server}`),
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Settings by their rank: the container's, the daemon's, the host's. */
export function mergedResolver(request: SandboxRequest, daemon: ResolverSettings, host: ResolverSettings): ResolverSettings {
  const first = <T>(...lists: (readonly T[])[]): readonly T[] => lists.find((list) => list.length > 0) ?? [];
  const search = first(request.dnsSearch, daemon.search, host.search);
  return {
    servers: first(request.dns, daemon.servers, host.servers),
    search: search.includes('.') && search.length === 1 ? [] : search,
    options: first(request.dnsOptions, daemon.options, host.options),
  };
}

const isLoopback = (server: string): boolean => server.startsWith('127.') || server === '::1';

/** What a container on the default bridge reads: loopback servers of the host are not reachable from it. */
export function reachableResolver(settings: ResolverSettings): ResolverSettings {
  const servers = settings.servers.filter((server) => !isLoopback(server));
  return { ...settings, servers: servers.length > 0 ? servers : publicServers };
}

/** What a container in user-defined networks reads. */
export function embeddedResolver(settings: ResolverSettings): ResolverSettings {
  const hasDots = settings.options.some((each) => each.startsWith('ndots:'));
  return { ...settings, servers: [nameServerAddress], options: hasDots ? settings.options : [...settings.options, 'ndots:0'] };
}

const standardHosts = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];

/** /etc/hosts as dockerd writes it: the usual names, the extra ones of the request, then the container's own for each of its addresses. */
export function formatHosts(request: SandboxRequest, endpoints: readonly Endpoint[], hostGateways: readonly string[]): string {
  const { hostname, domainname } = request;
  const names = longAndShort(domainname === '' ? hostname : `${hostname}.${domainname}`);
  const own = endpoints.flatMap(({ ipv4, ipv6 }) => [ipv4?.address, ipv6?.address].filter((address) => address !== undefined));
  const extra = request.extraHosts.flatMap((entry) => extraHost(entry, hostGateways));
  return [...standardHosts, ...extra, ...own.map((address) => `${address}\t${names}`)].map((line) => `${line}\n`).join('');
}

function longAndShort(name: string): string {
  const [short = name] = name.split('.');
  return short === name ? name : `${name} ${short}`;
}

/** The lines of `name:address`; IPv6 addresses hold colons themselves. Fails with `invalid` in dockerd's words. */
export function extraHost(entry: string, hostGateways: readonly string[]): string[] {
  const at = entry.indexOf(':');
  const name = entry.slice(0, at);
  const text = entry.slice(at + 1).replace(/^\[(.*)\]$/, '$1');
  if (at <= 0) throw new Failure('invalid', `bad format for add-host: ${JSON.stringify(entry)}`);
  if (text === 'host-gateway') {
    if (hostGateways.length === 0) throw new Failure('invalid', 'unable to derive the IP value for host-gateway');
    return hostGateways.map((gateway) => `${gateway}\t${name}`);
  }
  if (isIP(text) === 0) throw new Failure('invalid', `invalid IP address in add-host: ${JSON.stringify(text)}`);
  return [`${text}\t${name}`];
}
