import { isIP } from 'node:net';
import { Resolver } from 'node:dns/promises';
import { Failure } from '@gantry/base';
import type { ProbeResult } from '@gantry/engine-api';
import type { ContainerId } from '../ids.ts';
import type { JoiningHost } from './join-sandbox.ts';
import { daemonResolver, hostResolver } from './network-settings.ts';
import { type Network, mayTalk } from './network.ts';
import { goProbeWay, type ProbeTarget, WayEnds } from './probe-way.ts';
import type { SandboxRecord } from './sandbox-record.ts';
import { contains, parseSubnet } from './subnet.ts';

export interface ProbeRequest extends ProbeTarget {
  readonly container: ContainerId;
}

/** Connects by TCP from inside a container's namespace, and tells where the way ends if it does. Fails with `conflict` where the container has no network of its own that runs. */
export async function probe(host: JoiningHost, { container, ...target }: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
  const record = host.live.get(container)?.record;
  const namespace = record?.namespacePath;
  if (!record || namespace === undefined) throw new Failure('conflict', `container ${container} has no network of its own that runs`);
  const way = {
    ...{ kernel: host.kernel, containerName: record.containerName, namespace },
    addressOf: (name: string) => addressOf(host, record, name),
    checkLinks: () => checkLinks(host, record),
    closedBy: (address: string) => closedBy(host, record, address),
  };
  return await goProbeWay(way, target, signal);
}

/** As its name server would answer; in the default network as the servers of the engine do. */
async function addressOf(host: JoiningHost, { container, endpoints }: SandboxRecord, name: string): Promise<string> {
  if (isIP(name) !== 0) return name;
  // Else the host would ask in its own namespace what the container can ask nobody.
  if (!endpoints.some(({ ipv4, ipv6 }) => ipv4 ?? ipv6))
    throw new WayEnds('name', `no address for the name ${name}: the container is in no network`);
  const view = host.names.viewOf(container);
  const asked = name.toLowerCase().replace(/\.$/, '');
  const families = [4, 6].filter((family) => endpoints.some(({ ipv4, ipv6 }) => (family === 4 ? ipv4 : ipv6) !== undefined));
  const own = view.addressesOf(asked) ?? (await view.remoteAddressesOf(asked));
  // As its own programs would choose: what it has no address of its own for it cannot reach.
  const first = own?.find((address) => families.includes(isIP(address))) ?? own?.[0];
  if (first !== undefined) return first;
  const servers = host.live.get(container)?.upstreams ?? [...daemonResolver(host.config).servers, ...(await hostResolver()).servers];
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  try {
    if (servers.length === 0) throw new Error('nobody to ask');
    resolver.setServers(servers.map((server) => server.replace('#', ':')));
    for (const family of families) {
      const found = await (family === 4 ? resolver.resolve4(asked) : resolver.resolve6(asked)).catch(() => []);
      if (found[0] !== undefined) return found[0];
    }
  } catch {
    // Told below.
  }
  throw new WayEnds('name', `no address for the name ${name}${servers.length === 0 ? ': the container is on internal networks only' : ''}`);
}

async function checkLinks({ kernel, registry }: JoiningHost, { endpoints }: SandboxRecord): Promise<void> {
  const links = await kernel.listLinks();
  for (const { networkId, networkName, link } of endpoints) {
    const network = registry.list().find(({ id }) => id === networkId);
    if (!network || network.bridge === '') continue;
    const bridge = links.find(({ name }) => name === network.bridge);
    if (!bridge?.isUp) throw new WayEnds('link', `the link ${network.bridge} of network ${networkName} is ${bridge ? 'down' : 'gone'}`);
    const cable = links.find(({ name }) => name === link);
    if (cable && cable.masterIndex !== bridge.index) throw new WayEnds('link', `the cable ${link} is not plugged into ${network.bridge}`);
    if (cable && !cable.isUp) throw new WayEnds('link', `the cable ${link} is down`);
  }
}

/** What keeps packets from an address by a rule of this engine; undefined: none does. */
function closedBy({ registry }: JoiningHost, { endpoints }: SandboxRecord, address: string): string | undefined {
  const target = registry.list().find(({ pools }) => pools.some(({ subnet }) => contains(parseSubnet(subnet), address)));
  const isIn = (network: Network): boolean => endpoints.some(({ networkId }) => networkId === network.id);
  if (target && !isIn(target))
    return `${address} is in network ${target.name}, and the container is not: networks are apart from each other`;
  if (target && !mayTalk(target)) return `containers of network ${target.name} may not talk to each other (enable_icc)`;
  return undefined;
}
