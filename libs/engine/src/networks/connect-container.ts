import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { type ContainerRecord, runOf } from '../containers/container.ts';
import type { EndpointSettings } from '../containers/container-config.ts';
import type { Containers } from '../containers/containers.ts';
import { type ContainersHost, saveStatus } from '../containers/containers-host.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';
import { networksOf, sandboxRequest } from '../containers/sandbox-request.ts';
import { saveRecord, writeNetworkFiles } from './end-connection.ts';
import { checkEndpoint, checkJoinable } from './endpoints.ts';
import type { Network } from './network.ts';
import type { Networks } from './networks.ts';
import type { Sandbox } from './sandboxes.ts';
import { durableStep } from '../state/durable-step.ts';

/** The nouns that a connection is between. */
export interface Connecting {
  readonly networks: Networks;
  readonly containers: Containers;
}

/** Connects a container to a network: at once where it runs, else at its next start. Fails in dockerd's words. */
export async function connectContainer(
  { networks, containers }: Connecting,
  { network, container: reference }: { readonly network: Network; readonly container: string },
  settings: EndpointSettings,
): Promise<void> {
  const container = containers.find(reference);
  using _held = await container.lock.hold();
  const { host } = containers;
  const { record } = container;
  checkConnectable(networks, record, network);
  const names = networkNames(networks, record);
  if (names.size > 0 && !names.has(network.name) && (network.name === none || names.has(none)))
    throw new Failure('forbidden', messages.connectedToNone);
  // As with dockerd: what it is to join at its next start is joined as it was asked for first.
  if (!runOf(container.state) && names.has(network.name)) return;
  const { hasLeftMode, ...kept } = record;
  const changed = {
    ...kept,
    endpoints: { ...record.endpoints, [network.name]: settings },
    ...(hasLeftMode && !isMode(networks, record, network) && { hasLeftMode }),
  };
  const request = sandboxRequest(host, changed);
  const endpoint = request.networks[network.name] ?? { aliases: [] };
  if (runOf(container.state)) {
    const sandbox = await networks.connect(request, network, endpoint);
    await keepSandbox(host, container, { sandbox, changed }).catch(async (cause: unknown) => {
      // A connection that no state knows could not be taken back by anybody.
      if (runOf(container.state)?.sandbox !== sandbox) await networks.disconnect(request, network).catch(() => undefined);
      throw cause;
    });
  } else checkEndpoint({ network, request: endpoint });
  await saveRecord(host, container, changed);
}

/** Takes a container out of a network, also out of one that it would join at its next start. */
export async function disconnectContainer(
  { networks, containers }: Connecting,
  { network, container: reference }: { readonly network: Network; readonly container: string },
): Promise<void> {
  const container = containers.find(reference);
  using _held = await container.lock.hold();
  const { host } = containers;
  const { record } = container;
  if (network.driver === 'host') throw new Failure('invalid', hostNetwork);
  if (!networkNames(networks, record).has(network.name)) throw new Failure('conflict', messages.notConnected(container.id, network.name));
  const endpoints = Object.fromEntries(Object.entries(record.endpoints).filter(([name]) => networks.find(name).id !== network.id));
  const changed = { ...record, endpoints, ...(isMode(networks, record, network) && { hasLeftMode: true }) };
  if (runOf(container.state))
    await keepSandbox(host, container, { sandbox: await networks.disconnect(sandboxRequest(host, record), network), changed });
  await saveRecord(host, container, changed);
}

const none = 'none';
const shared = 'container sharing network namespace with another container or host cannot be connected to any other network';
const hostNetwork = 'container cannot be disconnected from host network or connected to host network';
const privateMode = 'container cannot be connected to multiple networks with one of the networks in private (none) mode';

/** Whether a container may be in one more network at all, running or not. Fails with `invalid` in dockerd's words. */
function checkConnectable(networks: Networks, { hostConfig, hasLeftMode }: ContainerRecord, network: Network): void {
  checkJoinable(network);
  const { NetworkMode: mode } = hostConfig;
  if (mode.startsWith('container:')) throw new Failure('invalid', shared);
  const own = hasLeftMode ? undefined : networks.find(mode).driver;
  if (own === 'host') throw new Failure('invalid', shared);
  if (network.driver === 'host') throw new Failure('invalid', hostNetwork);
  if (own === 'null' || network.driver === 'null') throw new Failure('invalid', privateMode);
}

function networkNames(networks: Networks, record: ContainerRecord): ReadonlySet<string> {
  return new Set(networksOf(record).map((name) => networks.find(name).name));
}

function isMode(networks: Networks, { hostConfig }: ContainerRecord, network: Network): boolean {
  return !hostConfig.NetworkMode.startsWith('container:') && networks.find(hostConfig.NetworkMode).id === network.id;
}

/** With this state the change is made, whatever is cut off after it: see `endConnection`. */
async function keepSandbox(
  host: ContainersHost,
  container: ManagedContainer,
  { sandbox, changed }: { readonly sandbox: Sandbox; readonly changed: ContainerRecord },
): Promise<void> {
  const { status } = container;
  const { state } = status;
  if (state.name !== 'running' && state.name !== 'paused') return;
  const { endpoints, hasLeftMode = false } = changed;
  const kept = { ...status, state: { ...state, run: { ...state.run, sandbox, connections: { endpoints, hasLeftMode } } } };
  await durableStep('connection.state', () => saveStatus(host, container, kept));
  await durableStep('connection.files', () => writeNetworkFiles(host, container, sandbox));
}
