import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { ContainerId } from '../ids.ts';
import { cableEndpoint, checkEndpoint, defaultRoute, releaseEndpoint, takeEndpoint } from './endpoints.ts';
import { filesFor, type JoiningHost, serveNames, switchIpv6 } from './join-sandbox.ts';
import type { Network } from './network.ts';
import { gatewayEndpoints, linkTargets, type LiveSandbox, portTargets, publishingEndpoints, publishNetwork } from './network-host.ts';
import { endpointOf, type EndpointRecord, isWired, type SandboxRecord } from './sandbox-record.ts';
import type { EndpointRequest, Sandbox, SandboxRequest } from './sandboxes.ts';
import { durableStep } from '../state/durable-step.ts';

/** Connects a joined container to one more network. Fails with `forbidden` or `conflict` in dockerd's words. */
export async function connectSandbox(
  host: JoiningHost,
  request: SandboxRequest,
  { network, endpoint: asked }: { readonly network: Network; readonly endpoint: EndpointRequest },
): Promise<Sandbox> {
  const sandbox = host.live.get(request.container);
  if (!sandbox) throw new Failure('conflict', messages.notRunning(request.container));
  const { record } = sandbox;
  if (record.endpoints.some(({ networkId }) => networkId === network.id)) {
    throw new Failure('forbidden', messages.alreadyConnected(request.containerName, network.name));
  }
  checkEndpoint({ network, request: asked });

  await using undo = new AsyncDisposableStack();
  const device = freeDevice(record.endpoints);
  const names = { container: request.container, containerName: record.containerName };
  const endpoint = takeEndpoint(host, { network, request: asked }, { ...names, device, undo });
  const kept = record.endpoints.filter(isWired);
  const changed = { ...record, endpoints: [...kept, endpoint] };
  undo.defer(() => host.records.save(record));
  await durableStep('connect.sandbox', () => host.records.save(changed));
  const namespace = record.namespacePath ?? '';
  await switchIpv6(host.kernel, namespace, endpoint.ipv6 !== undefined);
  await durableStep('connect.cable', () => cableEndpoint(host, endpoint, { namespace, defaultRoutes: [] }));
  undo.defer(() => removeCable(host, endpoint, namespace));
  await durableStep('connect.route', () => moveGateway(host, { from: record, to: changed }));
  undo.defer(() => moveGateway(host, { from: changed, to: record }));
  sandbox.record = changed;
  host.names.changed();
  await host.firewall.addLinks(linkTargets(host, request.container));
  await serveNames(host, request);
  undo.move();
  publishNetwork(host, network, { action: 'connect', container: request.container });
  return await sandboxOf(host, request, sandbox);
}

/** Takes a joined container out of a network. Fails with `conflict` where it is not in it. */
export async function disconnectSandbox(host: JoiningHost, request: SandboxRequest, network: Network): Promise<Sandbox> {
  const sandbox = host.live.get(request.container);
  const endpoint = sandbox?.record.endpoints.find(({ networkId }) => networkId === network.id);
  if (!sandbox || !endpoint) throw new Failure('conflict', messages.notConnected(request.container, network.name));
  const before = sandbox.record;
  const after = { ...before, endpoints: before.endpoints.filter((each) => each !== endpoint) };
  const links = linkTargets(host, request.container);
  sandbox.record = after;
  host.names.changed();
  // First, so that a link that outlives this process is known to be nobody's.
  await durableStep('disconnect.sandbox', () => host.records.save(after));
  const kept = new Set(linkTargets(host, request.container).map((link) => JSON.stringify(link)));
  await host.firewall.removeLinks(links.filter((link) => !kept.has(JSON.stringify(link))));
  await durableStep('disconnect.cable', () => removeCable(host, endpoint, before.namespacePath));
  await durableStep('disconnect.route', () => moveGateway(host, { from: before, to: after }));
  await serveNames(host, request);
  releaseEndpoint(host, endpoint);
  publishNetwork(host, network, { action: 'disconnect', container: request.container });
  return sandboxOf(host, request, sandbox);
}

/** Default route and published ports go to the endpoint that has them from now on. */
export async function moveGateway(host: JoiningHost, { from, to }: { from: SandboxRecord; to: SandboxRecord }): Promise<void> {
  const families = ['ipv4', 'ipv6'] as const;
  const published = publishingEndpoints(host.registry, from.endpoints);
  const publishing = publishingEndpoints(host.registry, to.endpoints);
  if (families.some((family) => published[family]?.endpointId !== publishing[family]?.endpointId)) {
    await host.firewall.removePorts(portTargets(host.registry, from));
    await host.firewall.addPorts(portTargets(host.registry, to));
  }
  const before = gatewayEndpoints(host.registry, from.endpoints);
  const after = gatewayEndpoints(host.registry, to.endpoints);
  for (const family of families) {
    const lease = after[family]?.[family];
    if (!lease || before[family]?.endpointId === after[family]?.endpointId) continue;
    await host.kernel.addRoute({ destination: defaultRoute(lease.gateway), gateway: lease.gateway }, to.namespacePath);
  }
}

export async function sandboxOf(host: JoiningHost, request: SandboxRequest, { record }: LiveSandbox): Promise<Sandbox> {
  const files = await filesFor(host, request, record);
  return { namespacePath: record.namespacePath, endpoints: record.endpoints.map(endpointOf), ports: record.ports, files };
}

export function freeDevice(endpoints: readonly EndpointRecord[]): string {
  const used = new Set(endpoints.map(({ device }) => device));
  for (let index = 0; ; index++) if (!used.has(`eth${index}`)) return `eth${index}`;
}

/** By its outer end; by the inner one where that name is lost or there is none. */
export async function removeCable(host: JoiningHost, { link, device }: EndpointRecord, namespace: string | undefined): Promise<void> {
  const isGone = link !== '' && (await host.kernel.removeLink(link));
  if (!isGone && namespace !== undefined && device !== '') await host.kernel.removeLink(device, namespace);
}

/** The containers of a network that hold an address there. */
export function endpointsIn(
  host: Pick<JoiningHost, 'live'>,
  network: Network,
): { readonly container: ContainerId; readonly name: string; readonly endpoint: EndpointRecord }[] {
  return [...host.live.values()].flatMap(({ record }) =>
    record.endpoints
      .filter(({ networkId }) => networkId === network.id)
      .map((endpoint) => ({ container: record.container, name: record.containerName, endpoint })),
  );
}
