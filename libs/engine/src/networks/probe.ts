import { closeSync } from 'node:fs';
import { isIP } from 'node:net';
import { Resolver } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import type { ProbeHop, ProbeResult } from '@gantry/engine-api';
import { errnoOf } from '@gantry/linux';
import type { ContainerId } from '../ids.ts';
import type { JoiningHost } from './join-sandbox.ts';
import { daemonResolver, hostResolver } from './network-settings.ts';
import { type Network, mayTalk } from './network.ts';
import type { SandboxRecord } from './sandbox-record.ts';
import { contains, parseSubnet } from './subnet.ts';

const patienceMs = 3000;
const lookEveryMs = 20;

export interface ProbeRequest {
  readonly container: ContainerId;
  readonly host: string;
  readonly port: number;
}

/** The way ends at a hop. */
class Ends extends Error {
  readonly hop: ProbeHop;

  constructor(hop: ProbeHop, message: string) {
    super(message);
    this.hop = hop;
  }
}

/** Connects by TCP from inside a container's namespace, and tells where the way ends if it does. Fails with `conflict` where the container has no network of its own that runs. */
export async function probe(host: JoiningHost, request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
  const record = host.live.get(request.container)?.record;
  const namespace = record?.namespacePath;
  if (!record || namespace === undefined)
    throw new Failure('conflict', `container ${request.container} has no network of its own that runs`);
  const start = performance.now();
  let address: string | undefined;
  const result = (rest: Pick<ProbeResult, 'isReachable' | 'message' | 'failedAt'>): ProbeResult => ({
    ...rest,
    address,
    elapsedMs: Math.round(performance.now() - start),
  });
  try {
    address = await addressOf(host, request);
    await checkLinks(host, record);
    await connectFrom(host, { record, namespace, address, port: request.port }, signal);
    return result({ isReachable: true, message: `${record.containerName} reaches ${request.host}:${request.port}` });
  } catch (thrown) {
    if (!(thrown instanceof Ends)) throw thrown;
    return result({ isReachable: false, failedAt: thrown.hop, message: thrown.message });
  }
}

/** As its name server would answer; in the default network as the servers of the engine do. */
async function addressOf(host: JoiningHost, { container, host: name }: ProbeRequest): Promise<string> {
  if (isIP(name) !== 0) return name;
  const view = host.names.viewOf(container);
  const asked = name.toLowerCase().replace(/\.$/, '');
  const own = view.addressesOf(asked) ?? (await view.remoteAddressesOf(asked));
  if (own?.[0] !== undefined) return own[0];
  const servers = host.live.get(container)?.upstreams ?? [...daemonResolver(host.config).servers, ...(await hostResolver()).servers];
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  try {
    if (servers.length === 0) throw new Error('nobody to ask');
    resolver.setServers(servers.map((server) => server.replace('#', ':')));
    const [found] = await resolver.resolve4(asked);
    if (found !== undefined) return found;
  } catch {
    // Told below.
  }
  throw new Ends('name', `no address for the name ${name}${servers.length === 0 ? ': the container is on internal networks only' : ''}`);
}

async function checkLinks({ kernel, registry }: JoiningHost, { endpoints }: SandboxRecord): Promise<void> {
  const links = await kernel.listLinks();
  for (const { networkId, networkName, link } of endpoints) {
    const network = registry.list().find(({ id }) => id === networkId);
    if (!network || network.bridge === '') continue;
    const bridge = links.find(({ name }) => name === network.bridge);
    if (!bridge?.isUp) throw new Ends('link', `the link ${network.bridge} of network ${networkName} is ${bridge ? 'down' : 'gone'}`);
    const cable = links.find(({ name }) => name === link);
    if (cable && cable.masterIndex !== bridge.index) throw new Ends('link', `the cable ${link} is not plugged into ${network.bridge}`);
    if (cable && !cable.isUp) throw new Ends('link', `the cable ${link} is down`);
  }
}

async function connectFrom(
  host: JoiningHost,
  { record, namespace, address, port }: { record: SandboxRecord; namespace: string; address: string; port: number },
  signal: AbortSignal,
): Promise<void> {
  const { kernel } = host;
  const end = (errno: string): Ends => endOf(host, record, { address, port, errno });
  let descriptor: number;
  try {
    descriptor = await kernel.beginConnection({ namespace, address, port });
  } catch (thrown) {
    throw end(errnoOf(thrown) ?? 'unknown');
  }
  try {
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline;) {
      const state = await kernel.connectionState(descriptor, { address, port });
      if (state === 'connected') return;
      if (state !== 'connecting') throw end(state);
      await delay(lookEveryMs, undefined, { signal });
    }
    throw end('ETIMEDOUT');
  } finally {
    closeSync(descriptor);
  }
}

function endOf(host: JoiningHost, record: SandboxRecord, { address, port, errno }: { address: string; port: number; errno: string }): Ends {
  switch (errno) {
    case 'ECONNREFUSED':
      return new Ends('port', `${address} is reached, and nothing listens at port ${port}`);
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return new Ends('route', `the container has no route to ${address}`);
    case 'EHOSTUNREACH':
      return new Ends('host', `nobody answers for ${address} on the network`);
    default: {
      const closed = closedBy(host, record, address);
      return closed === undefined ? new Ends('host', `no answer from ${address}:${port} (${errno})`) : new Ends('firewall', closed);
    }
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
