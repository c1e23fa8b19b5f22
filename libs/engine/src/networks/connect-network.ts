import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { ContainerId } from '../ids.ts';
import { cableEndpoint, checkEndpoint, releaseEndpoint, takeEndpoint } from './endpoints.ts';
import { filesFor, type JoiningHost, outwardEndpoint, publishPorts, serveNames, switchIpv6 } from './join-sandbox.ts';
import type { Network } from './network.ts';
import { type LiveSandbox, portTargets, publishNetwork } from './network-host.ts';
import { endpointOf, type EndpointRecord } from './sandbox-record.ts';
import type { EndpointRequest, Sandbox, SandboxRequest } from './sandboxes.ts';

/** Connects a joined container to one more network. Fails with `forbidden` or `conflict` in dockerd's words. */
export async function connectSandbox(
  host: JoiningHost,
  request: SandboxRequest,
  { network, endpoint: asked }: { readonly network: Network; readonly endpoint: EndpointRequest },
): Promise<Sandbox> {
  const sandbox = host.live.get(request.container);
  if (!sandbox) throw new Failure('conflict', messages.notRunning(request.container));
  const { record } = sandbox;
  checkConnectable(sandbox, network, request.containerName);
  checkEndpoint({ network, request: asked });

  await using undo = new AsyncDisposableStack();
  const device = freeDevice(record.endpoints);
  const names = { container: request.container, containerName: record.containerName };
  const endpoint = takeEndpoint(host, { network, request: asked }, { ...names, device, undo });
  const kept = record.endpoints.filter(({ ipv4 }) => ipv4 !== undefined);
  const changed = { ...record, endpoints: [...kept, endpoint] };
  undo.defer(() => host.records.save(record));
  await host.records.save(changed);
  const namespace = record.namespacePath ?? '';
  await switchIpv6(host.kernel, namespace, endpoint.ipv6 !== undefined);
  await cableEndpoint(host, endpoint, { namespace, hasDefaultRoute: outwardEndpoint(host, kept) === undefined && !network.isInternal });
  // Ports of a container that had no address lead to this one.
  if (portTargets(host.registry, record).length === 0) await publishPorts(host, changed, undo);
  sandbox.record = changed;
  host.names.changed();
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
  if (network.driver === 'host') throw new Failure('forbidden', 'container cannot be disconnected from host network');
  const before = portTargets(host.registry, sandbox.record);
  const endpoints = sandbox.record.endpoints.filter((each) => each !== endpoint);
  sandbox.record = { ...sandbox.record, endpoints };
  host.names.changed();
  await host.firewall.removePorts(before);
  await host.firewall.addPorts(portTargets(host.registry, sandbox.record));
  await removeCable(host, endpoint, sandbox.record.namespacePath);
  releaseEndpoint(host, endpoint);
  await host.records.save(sandbox.record);
  const outward = outwardEndpoint(host, endpoints);
  if (outward?.ipv4) await host.kernel.addRoute({ destination: '0.0.0.0/0', gateway: outward.ipv4.gateway }, sandbox.record.namespacePath);
  publishNetwork(host, network, { action: 'disconnect', container: request.container });
  return sandboxOf(host, request, sandbox);
}

export async function sandboxOf(host: JoiningHost, request: SandboxRequest, { record }: LiveSandbox): Promise<Sandbox> {
  const files = await filesFor(host, request, record);
  return { namespacePath: record.namespacePath, endpoints: record.endpoints.map(endpointOf), ports: record.ports, files };
}

function checkConnectable({ record }: LiveSandbox, network: Network, name: string): void {
  if (record.namespacePath === undefined) {
    throw new Failure(
      'forbidden',
      'container sharing network namespace with another container or host cannot be connected to any other network',
    );
  }
  if (network.driver !== 'bridge') {
    const words =
      network.driver === 'host' ? 'container cannot be connected to host network' : 'container cannot be connected to none network';
    throw new Failure('forbidden', words);
  }
  if (record.endpoints.some(({ networkId }) => networkId === network.id)) {
    throw new Failure('forbidden', messages.alreadyConnected(name, network.name));
  }
}

function freeDevice(endpoints: readonly EndpointRecord[]): string {
  const used = new Set(endpoints.map(({ device }) => device));
  for (let index = 0; ; index++) if (!used.has(`eth${index}`)) return `eth${index}`;
}

/** By its outer end, or where that name is lost by the inner one. */
async function removeCable(host: JoiningHost, { link, device }: EndpointRecord, namespace: string | undefined): Promise<void> {
  if (link !== '') await host.kernel.removeLink(link);
  else if (namespace !== undefined) await host.kernel.removeLink(device, namespace);
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
