import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { bootId } from '@gantry/linux';
import type { ContainerId } from '../ids.ts';
import { releaseEndpoint } from './endpoints.ts';
import { type JoiningHost, serveNames } from './join-sandbox.ts';
import { matchSandbox } from './match-sandbox.ts';
import {
  bookOf,
  linkTargets,
  type LiveSandbox,
  type NetworkHost,
  portTargets,
  publishedAddress,
  publishingEndpoints,
  publishNetwork,
  tunnelOf,
} from './network-host.ts';
import { type EndpointRecord, isWired, type SandboxRecord } from './sandbox-record.ts';
import type { Sandbox, SandboxRequest } from './sandboxes.ts';
import { durableStep } from '../state/durable-step.ts';

/**
 * Takes back all that a container has of the network. Links die with the namespace: to remove them by hand would cost 30 ms each. What fails can be done again: until then
 * nobody else gets its addresses.
 */
export async function leaveSandbox(host: JoiningHost, container: ContainerId): Promise<void> {
  const sandbox = host.live.get(container);
  if (!sandbox) return;
  const links = linkTargets(host, container);
  const { record } = sandbox;
  const nameless = record.endpoints.map((endpoint) => ({ ...endpoint, aliases: [] }));
  host.live.set(container, { record: { ...record, endpoints: nameless }, ports: undefined, nameServer: undefined });
  host.names.changed();
  const problems: unknown[] = [];
  const attempt = async (step: () => unknown): Promise<void> => {
    try {
      await step();
    } catch (thrown) {
      problems.push(thrown);
    }
  };
  await attempt(() => durableStep('sandbox.unpublish', () => host.firewall.removePorts(portTargets(host.registry, record))));
  await attempt(() => host.firewall.removeLinks(links));
  await attempt(() => sandbox.ports?.[Symbol.asyncDispose]());
  await attempt(() => sandbox.nameServer?.[Symbol.asyncDispose]());
  const { namespacePath } = record;
  await attempt(() => namespacePath !== undefined && durableStep('sandbox.unpin', () => host.kernel.removeNamespace(namespacePath)));
  await attempt(() => durableStep('sandbox.remove', () => host.records.remove(container)));
  const [first] = problems;
  if (first !== undefined) throw Failure.from(first);
  const left = host.live.get(container);
  host.live.delete(container);
  try {
    // Whoever came meanwhile may have opened ways to it: they would lead to the next one with the address.
    await host.firewall.removeLinksOf(record.endpoints.flatMap(({ ipv4 }) => (ipv4 ? [ipv4.address] : [])));
  } catch (thrown) {
    if (left) host.live.set(container, left);
    throw thrown;
  }
  for (const endpoint of record.endpoints) releaseEndpoint(host, endpoint);
  for (const { networkId } of record.endpoints) {
    const network = host.registry.list().find(({ id }) => id === networkId);
    if (network) publishNetwork(host, network, { action: 'disconnect', container });
  }
}

/** Takes up a sandbox that a former process of this engine made: its ports, its names, its rules. What cannot be had again is told. */
export async function adoptSandbox(host: JoiningHost, request: SandboxRequest, sandbox: Sandbox): Promise<void> {
  const { container } = request;
  const former = host.live.get(container);
  if (former?.ports || former?.nameServer) return;
  const record = renamed(former ? await matchSandbox(host, former, sandbox) : recordOf(request, sandbox), request.containerName);
  for (const endpoint of record.endpoints) noteEndpoint(host, endpoint);
  const live: LiveSandbox = { record, ports: undefined, nameServer: undefined };
  host.live.set(container, live);
  host.names.changed();
  if (former?.record !== record) await host.records.save(record);
  if (!former) {
    await host.firewall.addPorts(portTargets(host.registry, record));
    await host.firewall.addLinks(linkTargets(host, container));
  }
  live.ports = await takePortsBack(host, record);
  await serveNames(host, request).catch((thrown: unknown) => {
    host.report(`container ${record.containerName} has no name server: ${Failure.from(thrown).message}`);
  });
}

/** The same under another name, by which its neighbours find it; unchanged where it has that name already. */
export function renamed(record: SandboxRecord, name: string): SandboxRecord {
  const { containerName, endpoints } = record;
  if (containerName === name) return record;
  const aliased = endpoints.map((endpoint) => ({
    ...endpoint,
    aliases: endpoint.aliases.map((alias) => (alias === containerName ? name : alias)),
  }));
  return { ...record, containerName: name, endpoints: aliased };
}

async function takePortsBack(host: NetworkHost, record: SandboxRecord): Promise<LiveSandbox['ports']> {
  const { hostPorts, report, registry } = host;
  const { ipv4, ipv6 } = publishingEndpoints(registry, record.endpoints);
  const target = ipv4 ?? ipv6;
  if (!target || record.ports.length === 0) return undefined;
  const owner = { container: record.container, name: record.containerName, endpointId: target.endpointId };
  const lease = await hostPorts.takeBack(record.ports, owner, () => publishedAddress(host, record.container));
  for (const problem of lease.lost) report(`a published port of ${record.containerName} is held by another program now: ${problem}`);
  return lease;
}

export function noteEndpoint(host: Pick<NetworkHost, 'registry' | 'books'>, { networkId, ipv4, ipv6 }: EndpointRecord): void {
  const network = host.registry.list().find(({ id }) => id === networkId);
  if (!network) return;
  for (const lease of [ipv4, ipv6]) if (lease) bookOf(host, network).note(lease.address);
}

/** Where the record is lost: the names of links are not known then, the namespace takes them along. */
function recordOf({ container, containerName }: SandboxRequest, { namespacePath, endpoints, ports }: Sandbox): SandboxRecord {
  return {
    container,
    containerName,
    bootId: bootId(),
    ...(namespacePath === undefined ? {} : { namespacePath }),
    endpoints: endpoints.map((endpoint, index) => ({
      ...endpoint,
      aliases: [...endpoint.aliases],
      link: '',
      device: isWired(endpoint) ? `eth${index}` : '',
    })),
    ports: [...ports],
  };
}

/** Drops sandboxes of containers that are not known, and pins and links with our names that belong to none. */
export async function dropLeftovers(host: JoiningHost, known: ReadonlySet<ContainerId>): Promise<void> {
  for (const container of [...host.live.keys()]) if (!known.has(container)) await leaveSandbox(host, container);
  for (const name of await readdir(host.pins)) {
    if (!host.live.has(name as ContainerId)) await host.kernel.removeNamespace(join(host.pins, name));
  }
  const bridges = new Set(host.registry.list().flatMap((network) => [network.bridge, tunnelOf(network)]));
  const cables = new Set([...host.live.values()].flatMap(({ record }) => record.endpoints.map(({ link }) => link)));
  const isWhole = [...host.live.values()].every(({ record }) =>
    record.endpoints.every((endpoint) => endpoint.link !== '' || !isWired(endpoint)),
  );
  for (const { name, kind } of await host.kernel.listLinks()) {
    if (!name.startsWith(`g${host.instance}`) || bridges.has(name) || cables.has(name)) continue;
    // A cable whose name was lost with its record is in use all the same.
    if (kind !== 'bridge' && !isWhole) continue;
    await host.kernel.removeLink(name);
  }
}
