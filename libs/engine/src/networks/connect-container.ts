import { writeFile } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { type ContainerRecord, runOf } from '../containers/container.ts';
import type { EndpointSettings } from '../containers/container-config.ts';
import type { Containers } from '../containers/containers.ts';
import { type ContainersHost, pathsOf, saveStatus } from '../containers/containers-host.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';
import { sandboxRequest } from '../containers/sandbox-request.ts';
import { checkEndpoint } from './endpoints.ts';
import type { Network } from './network.ts';
import type { Networks } from './networks.ts';
import type { Sandbox } from './sandboxes.ts';

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
  const names = networkNames(networks, record);
  const changed = { ...record, endpoints: { ...implicitEndpoint(record), ...record.endpoints, [network.name]: settings } };
  const request = sandboxRequest(host, changed);
  const endpoint = request.networks[network.name] ?? { aliases: [] };
  if (runOf(container.state)) await keepSandbox(host, container, await networks.connect(request, network, endpoint));
  else {
    if (names.has(network.name)) throw new Failure('forbidden', messages.alreadyConnected(record.name, network.name));
    if (record.hostConfig.NetworkMode === 'host' || record.hostConfig.NetworkMode.startsWith('container:'))
      throw new Failure('forbidden', shared);
    checkEndpoint({ network, request: endpoint });
  }
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
  if (!networkNames(networks, record).has(network.name)) throw new Failure('conflict', messages.notConnected(container.id, network.name));
  if (runOf(container.state)) await keepSandbox(host, container, await networks.disconnect(sandboxRequest(host, record), network));
  const endpoints = Object.fromEntries(Object.entries(record.endpoints).filter(([name]) => networks.find(name).id !== network.id));
  await saveRecord(host, container, withMode({ ...record, endpoints }, network, networks));
}

const shared = 'container sharing network namespace with another container or host cannot be connected to any other network';

/** The network of the mode needs no entry of its own; it gets one before others are added. */
function implicitEndpoint({ hostConfig, endpoints }: ContainerRecord): ContainerRecord['endpoints'] {
  const name = hostConfig.NetworkMode === 'default' ? 'bridge' : hostConfig.NetworkMode;
  return Object.keys(endpoints).length > 0 || name === 'none' || name.startsWith('container:') ? {} : { [name]: {} };
}

function networkNames(networks: Networks, { hostConfig, endpoints }: ContainerRecord): ReadonlySet<string> {
  const { NetworkMode: mode } = hostConfig;
  const own = mode.startsWith('container:') ? [] : [mode];
  return new Set([...own, ...Object.keys(endpoints)].map((name) => networks.find(name).name));
}

/** A container that leaves the network of its mode starts in another of its networks, or in none. */
function withMode(record: ContainerRecord, left: Network, networks: Networks): ContainerRecord {
  const { NetworkMode: mode } = record.hostConfig;
  if (networks.find(mode).id !== left.id) return record;
  const [next = 'none'] = Object.keys(record.endpoints);
  return { ...record, hostConfig: { ...record.hostConfig, NetworkMode: next } };
}

async function saveRecord(host: ContainersHost, container: ManagedContainer, record: ContainerRecord): Promise<void> {
  await host.records.write(container.id, 'config.json', { value: record, how: 'durably' });
  container.record = record;
}

/** The files are mounted into the container: they are written where they are, not replaced. */
async function keepSandbox(host: ContainersHost, container: ManagedContainer, sandbox: Sandbox): Promise<void> {
  const { status, id } = container;
  const { state } = status;
  if (state.name !== 'running' && state.name !== 'paused') return;
  await saveStatus(host, container, { ...status, state: { ...state, run: { ...state.run, sandbox } } });
  await writeFile(pathsOf(host, id).hosts, sandbox.files.hosts);
  await writeFile(pathsOf(host, id).resolvConf, sandbox.files.resolvConf);
}
