import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { bootId, type Kernel } from '@gantry/linux';
import { allDone } from '../state/all-done.ts';
import { abortable } from '../state/lock.ts';
import { cableEndpoint, checkEndpoint, takeEndpoint, type WantedEndpoint, wantedEndpoints } from './endpoints.ts';
import type { PortLease, PortOwner } from './host-ports.ts';
import type { ContainerId, NetworkId } from '../ids.ts';
import type { OverlayNames } from './overlay-names.ts';
import type { NameIndex } from './name-index.ts';
import { NameServer } from './name-server.ts';
import { isDefaultBridge, option } from './network.ts';
import {
  familiesOf,
  gatewayEndpoints,
  linkTargets,
  type LiveSandbox,
  type NetworkHost,
  portTargets,
  publishedAddress,
  publishingEndpoints,
  publishNetwork,
} from './network-host.ts';
import { daemonResolver, hostResolver } from './network-settings.ts';
import {
  embeddedResolver,
  extraHost,
  formatHosts,
  formatResolvConf,
  mergedResolver,
  reachableResolver,
  type ResolverSettings,
} from './sandbox-files.ts';
import { endpointOf, type EndpointRecord, isWired, type SandboxRecord } from './sandbox-record.ts';
import type { PublishedPort, Sandbox, SandboxRequest } from './sandboxes.ts';
import { durableStep } from '../state/durable-step.ts';

export type JoiningHost = NetworkHost & { readonly names: NameIndex; readonly overlays: Map<NetworkId, OverlayNames> };

/** Fails where a request cannot be met, without an effect. */
function checkRequest(host: Pick<NetworkHost, 'registry'>, request: SandboxRequest): void {
  for (const wanted of wantedEndpoints(host, request)) checkEndpoint(wanted);
  for (const entry of request.extraHosts) extraHost(entry, ['127.0.0.1']);
}

/** Makes all that a request asks for, in an order in which each step can be taken back: addresses, host ports, then record, namespace with its cables and rules at once, names. */
export async function joinSandbox(host: JoiningHost, request: SandboxRequest, signal: AbortSignal): Promise<Sandbox> {
  checkRequest(host, request);
  if (signal.aborted) await abortable(Promise.resolve(), signal);
  await using undo = new AsyncDisposableStack();
  const { container, containerName } = request;
  const wanted = wantedEndpoints(host, request);
  const endpoints = wanted.map((each, index) => takeEndpoint(host, each, { container, containerName, device: `eth${index}`, undo }));
  const lease = await takePorts(host, request, { wanted, endpoints });
  if (lease) undo.use(lease);

  const isHost = wanted[0]?.network.driver === 'host';
  const namespacePath = join(host.pins, container);
  const record: SandboxRecord = {
    container,
    containerName,
    bootId: bootId(),
    ...(isHost ? {} : { namespacePath }),
    endpoints,
    ports: [...(lease?.ports ?? [])],
    ...(request.links && request.links.length > 0 && { links: request.links.map((link) => ({ ...link, ports: [...link.ports] })) }),
  };
  undo.defer(() => host.records.remove(container));
  const files = filesFor(host, request, record);
  files.catch(() => undefined); // awaited below; until then a failure of the kernel comes first
  // A process that ends in the middle leaves names of ours that no record has: recovery drops them.
  await allDone([
    durableStep('sandbox.record', () => host.records.save(record)),
    !isHost && makeNamespace(host, { request, record, namespacePath }, undo),
    publishPorts(host, record, undo),
  ]);

  makeKnown(host, { record, ports: lease, nameServer: undefined }, undo);
  await openLinks(host, container, undo);
  await serveNames(host, request);
  const joined = { namespacePath: record.namespacePath, endpoints: endpoints.map(endpointOf), ports: record.ports, files: await files };
  undo.move();
  for (const { network } of wanted) publishNetwork(host, network, { action: 'connect', container });
  return joined;
}

function makeKnown({ live, names }: JoiningHost, sandbox: LiveSandbox, undo: AsyncDisposableStack): void {
  const { container } = sandbox.record;
  live.set(container, sandbox);
  names.changed();
  undo.defer(() => {
    live.delete(container);
    names.changed();
  });
}

async function takePorts(
  host: NetworkHost,
  { ports, container, containerName }: SandboxRequest,
  { wanted, endpoints }: { wanted: readonly WantedEndpoint[]; endpoints: readonly EndpointRecord[] },
): Promise<PortLease | undefined> {
  const { ipv4, ipv6 } = publishingEndpoints(host.registry, endpoints);
  const target = ipv4 ?? ipv6;
  if (!target || ports.length === 0) return undefined;
  const bindAddress = wanted.find(({ network }) => network.id === target.networkId)?.network.options[option.bindAddress] ?? '';
  const asked: PublishedPort[] = ports.map((port) => ({ ...port, address: port.address === '' ? bindAddress : port.address }));
  const owner: PortOwner = { container, name: containerName, endpointId: target.endpointId };
  return host.hostPorts.take(asked, owner, () => publishedAddress(host, container));
}

interface NamespaceRequest {
  readonly request: SandboxRequest;
  readonly record: SandboxRecord;
  readonly namespacePath: string;
}

async function makeNamespace(
  host: NetworkHost,
  { request, record, namespacePath }: NamespaceRequest,
  undo: AsyncDisposableStack,
): Promise<void> {
  const { kernel } = host;
  undo.defer(async () => {
    await kernel.removeNamespace(namespacePath);
  });
  await durableStep('sandbox.namespace', async () => {
    if (await kernel.createNamespace(namespacePath, request.namespace)) return;
    // Left by a process that ended in the middle of a join: what is in it is not known.
    await kernel.removeNamespace(namespacePath);
    await kernel.createNamespace(namespacePath, request.namespace);
  });
  const bridged = record.endpoints.filter(({ link }) => link !== '');
  await switchIpv6(
    kernel,
    namespacePath,
    bridged.some(({ ipv6 }) => ipv6 !== undefined),
  );
  if (bridged.length === 0) await kernel.changeLink('lo', { isUp: true }, namespacePath);
  const outward = gatewayEndpoints(host.registry, bridged);
  for (const endpoint of bridged) {
    const place = { namespace: namespacePath, defaultRoutes: familiesOf(outward, endpoint) };
    await durableStep('sandbox.cables', () => cableEndpoint(host, endpoint, place));
  }
  const sysctls = Object.entries(request.sysctls).filter(([name]) => name.startsWith('net.'));
  if (sysctls.length > 0) await kernel.writeSysctls(Object.fromEntries(sysctls), namespacePath);
}

/** Links that are made from now on have no IPv6 unless a network has it; ::1 stays. */
export async function switchIpv6(kernel: Kernel, namespace: string, isOn: boolean): Promise<void> {
  try {
    const settings = isOn ? { disable_ipv6: '0', accept_dad: '0' } : { disable_ipv6: '1' };
    const named = Object.entries(settings).map(([name, value]) => [`net.ipv6.conf.default.${name}`, value]);
    await kernel.writeSysctls(Object.fromEntries(named) as Record<string, string>, namespace);
  } catch (thrown) {
    if (Failure.from(thrown).code !== 'not-found') throw thrown; // a kernel without IPv6
  }
}

/** Leads the published ports to the container; `undo` ends that. */
export async function publishPorts(host: NetworkHost, record: SandboxRecord, undo: AsyncDisposableStack): Promise<void> {
  const targets = portTargets(host.registry, record);
  undo.defer(() => host.firewall.removePorts(targets));
  await durableStep('sandbox.publish', () => host.firewall.addPorts(targets));
}

/** Opens the ways that links of this container and to it need; `undo` closes them. */
async function openLinks(host: NetworkHost, container: ContainerId, undo: AsyncDisposableStack): Promise<void> {
  const links = linkTargets(host, container);
  undo.defer(() => host.firewall.removeLinks(links));
  await host.firewall.addLinks(links);
}

/** Starts the name server of a container that is in a user-defined network, once, and tells it whom to ask now. */
export async function serveNames(host: JoiningHost, request: SandboxRequest): Promise<void> {
  const sandbox = host.live.get(request.container);
  const namespace = sandbox?.record.namespacePath;
  if (!sandbox || namespace === undefined || !isUserDefined(host, sandbox.record)) return;
  const { ipv4, ipv6 } = gatewayEndpoints(host.registry, sandbox.record.endpoints);
  const isClosedIn = !ipv4 && !ipv6;
  sandbox.upstreams = isClosedIn ? [] : (await resolverOf(host, request)).servers;
  sandbox.nameServer ??= await NameServer.open(host.kernel, namespace, host.names.viewOf(request.container));
}

function isUserDefined({ registry }: Pick<NetworkHost, 'registry'>, { endpoints }: SandboxRecord): boolean {
  return endpoints.some((endpoint) => isWired(endpoint) && !isDefaultBridge(registry.find(endpoint.networkId)));
}

const resolverOf = async (host: NetworkHost, request: SandboxRequest): Promise<ResolverSettings> =>
  mergedResolver(request, daemonResolver(host.config), await hostResolver());

/** What the container's hosts and resolv.conf say; in the host's network, what the host's say. */
export async function filesFor(host: NetworkHost, request: SandboxRequest, record: SandboxRecord): Promise<Sandbox['files']> {
  const resolver = await resolverOf(host, request);
  const isHost = record.namespacePath === undefined;
  const fitting = isHost ? resolver : isUserDefined(host, record) ? embeddedResolver(resolver) : reachableResolver(resolver);
  const ownGateways = (host.registry.named('bridge')?.pools ?? []).map(({ gateway }) => gateway);
  const gateways = host.config.hostGateways ?? ownGateways;
  if (isHost && request.extraHosts.length === 0) {
    return { hosts: await readFile('/etc/hosts', 'utf8').catch(() => ''), resolvConf: formatResolvConf(fitting) };
  }
  return { hosts: formatHosts(request, record.endpoints.map(endpointOf), gateways), resolvConf: formatResolvConf(fitting) };
}
