import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { messages, type ProbeResult, type Topology } from '@gantry/engine-api';
import { publishPrune } from '../events/prune-event.ts';
import type { ContainerId, NetworkId } from '../ids.ts';
import { Lock } from '../state/lock.ts';
import { connectSandbox, disconnectSandbox, endpointsIn } from './connect-network.ts';
import { plainNetwork, planNetwork } from './create-network.ts';
import { planDefaultBridge } from './default-bridge.ts';
import type { NetworkRequest, Surroundings } from './network-request.ts';
import { Firewall } from './firewall.ts';
import { HostPorts } from './host-ports.ts';
import { type JoiningHost, joinSandbox } from './join-sandbox.ts';
import { adoptSandbox, dropLeftovers, leaveSandbox, noteEndpoint, renamed } from './leave-sandbox.ts';
import { NameIndex } from './name-index.ts';
import { hasAddresses, hasBridge, type Network, predefined } from './network.ts';
import {
  dropForeignAddresses,
  ensureLink,
  firewallBridge,
  firewallStateOf,
  type LiveSandbox,
  publishNetwork,
  removeLinks,
} from './network-host.ts';
import { OverlayNames } from './overlay-names.ts';
import { overlayOf } from './network-drivers.ts';
import { overlapWarnings } from './plan-pools.ts';
import { NetworkRegistry } from './network-registry.ts';
import type { NetworksOptions } from './network-settings.ts';
import { probe, type ProbeRequest } from './probe.ts';
import { TopologySource } from './topology.ts';
import { SandboxRecords } from './sandbox-record.ts';
import type { EndpointRequest, Sandbox, SandboxesForContainers, SandboxRequest } from './sandboxes.ts';
import { durableStep } from '../state/durable-step.ts';

/** A container in a network, as inspect shows it. */
export type NetworkMember = ReturnType<typeof endpointsIn>[number];

const repairEveryMs = 5000;
/** The default bridge of the engine that has the machine's own data root has a name that people know. */
const machineDataRoot = '/var/lib/gantry/engine';
const machineBridge = 'gantry0';

/**
 * The networks of an engine and the containers in them. Opening makes bridges and rules as the records say, closing leaves everything to the
 * containers that run; where none does, links and rules go too.
 */
export class Networks implements SandboxesForContainers, AsyncDisposable {
  readonly #host: JoiningHost;
  readonly #lock = new Lock();
  readonly #repairs: NodeJS.Timeout;
  readonly #topology: TopologySource;
  #repair: Promise<unknown> = Promise.resolve();

  private constructor(host: JoiningHost) {
    this.#host = host;
    this.#topology = new TopologySource(host);
    this.#repairs = setInterval(() => void this.repair(), repairEveryMs).unref();
  }

  static async open(options: NetworksOptions): Promise<Networks> {
    const host = await openHost(options);
    const around = surroundings(host);
    const former = host.registry.named('bridge');
    const bridge = await planDefaultBridge(former, around);
    await (former ? host.registry.replace(bridge) : host.registry.add(bridge));
    for (const driver of ['host', 'null'] as const) {
      const network = plainNetwork(driver);
      if (!host.registry.named(network.name)) await host.registry.add(network);
    }
    for (const record of await host.records.load()) {
      host.live.set(record.container, { record, ports: undefined, nameServer: undefined });
      for (const endpoint of record.endpoints) noteEndpoint(host, endpoint);
    }
    await host.kernel.writeSysctls({ 'net.ipv4.ip_forward': '1' });
    for (const network of host.registry.list()) if (hasAddresses(network)) await ensureNetwork(host, network);
    if (bridge.ownsBridge) await dropForeignAddresses(host, bridge);
    await host.firewall.open(firewallStateOf(host.registry, host.live));
    return new Networks(host);
  }

  // What containers need.

  network(reference: string): { readonly id: string; readonly name: string } | undefined {
    try {
      return this.#host.registry.find(reference);
    } catch {
      return undefined;
    }
  }

  async join(request: SandboxRequest, signal: AbortSignal): Promise<Sandbox> {
    if (this.#host.live.has(request.container)) await leaveSandbox(this.#host, request.container);
    return joinSandbox(this.#host, request, signal);
  }

  adopt(request: SandboxRequest, sandbox: Sandbox): Promise<void> {
    return adoptSandbox(this.#host, request, sandbox);
  }

  leave(container: ContainerId): Promise<void> {
    return leaveSandbox(this.#host, container);
  }

  /** Ends the recovery: drops the sandboxes of all other containers, and what carries our names and belongs to nobody. */
  dropLeftovers(known: ReadonlySet<ContainerId>): Promise<void> {
    return dropLeftovers(this.#host, known);
  }

  /** A running container has another name from now on. */
  async rename(container: ContainerId, name: string): Promise<void> {
    const sandbox = this.#host.live.get(container);
    if (!sandbox) return;
    sandbox.record = renamed(sandbox.record, name);
    this.#host.names.changed();
    await durableStep('sandbox.rename', () => this.#host.records.save(sandbox.record));
  }

  // The API's verbs.

  list(): readonly Network[] {
    return this.#host.registry.list();
  }

  /** Fails with `not-found` in dockerd's words. */
  find(nameOrId: string): Network {
    return this.#host.registry.find(nameOrId);
  }

  /** The link, the addresses and so on of a network's joined containers. */
  membersOf(network: Network): readonly NetworkMember[] {
    return endpointsIn(this.#host, network);
  }

  async create(request: NetworkRequest): Promise<Network> {
    using _lock = await this.#lock.hold();
    const { registry, firewall } = this.#host;
    await using undo = new AsyncDisposableStack();
    const network = await planNetwork(request, surroundings(this.#host));
    undo.defer(() => registry.remove(network, () => Promise.resolve()));
    await registry.add(network);
    undo.defer(() => removeLinks(this.#host, network));
    await durableStep('network.bridge', () => ensureLink(this.#host, network));
    if (hasBridge(network)) {
      undo.defer(() => firewall.removeBridge(firewallBridge(network)));
      await durableStep('network.rules', () => firewall.addBridge(firewallBridge(network)));
    }
    await shareNames(this.#host, network);
    undo.move();
    publishNetwork(this.#host, network, { action: 'create' });
    return network;
  }

  /** What is doubtful about a network that has been made: a subnet that this host reaches elsewhere. */
  warningsOf(network: Network): Promise<string[]> {
    return overlapWarnings(network, surroundings(this.#host));
  }

  /** Fails with `forbidden` for predefined networks and those with containers. */
  async remove(nameOrId: string): Promise<void> {
    using _lock = await this.#lock.hold();
    const network = this.find(nameOrId);
    if (predefined.has(network.name)) throw new Failure('forbidden', messages.predefinedNetwork(network.name));
    const isUsed = network.isConfigOnly && this.list().some(({ configFrom }) => configFrom === network.name);
    if (isUsed) throw new Failure('forbidden', `configuration network ${JSON.stringify(network.name)} is in use`);
    if (this.membersOf(network).length > 0) throw new Failure('forbidden', messages.networkInUse(network.name, network.id));
    await this.#destroy(network);
  }

  /** Removes all networks without containers that a predicate lets through, configurations aside; answers their names. */
  async prune(isMeant: (network: Network) => boolean): Promise<string[]> {
    using _lock = await this.#lock.hold();
    const unused = this.list().filter(
      (network) => !predefined.has(network.name) && !network.isConfigOnly && this.membersOf(network).length === 0 && isMeant(network),
    );
    for (const network of unused) await this.#destroy(network);
    publishPrune(this.#host.events, 'network', 0);
    return unused.map(({ name }) => name);
  }

  /** Connects a container that has joined; the caller remembers it for the next start. */
  connect(request: SandboxRequest, network: Network, endpoint: EndpointRequest): Promise<Sandbox> {
    return connectSandbox(this.#host, request, { network, endpoint });
  }

  disconnect(request: SandboxRequest, network: Network): Promise<Sandbox> {
    return disconnectSandbox(this.#host, request, network);
  }

  /** How this host is wired, and what flows. */
  topology(signal: AbortSignal): Promise<Topology> {
    return this.#topology.take(signal);
  }

  /** Whether a joined container reaches an address or name at a TCP port. */
  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
    return probe(this.#host, request, signal);
  }

  /** Makes rules anew that somebody has removed; it runs every five seconds by itself. */
  repair(): Promise<void> {
    const done = this.#repair.then(() => this.#repairOnce());
    this.#repair = done;
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#repairs);
    await this.#repair;
    const { live, firewall, registry, hostPorts } = this.#host;
    for (const sandbox of live.values()) await closeHeld(sandbox);
    await hostPorts[Symbol.asyncDispose]();
    for (const names of this.#host.overlays.values()) await names[Symbol.asyncDispose]();
    if (live.size > 0) return;
    await firewall.remove();
    for (const network of registry.list()) await removeLinks(this.#host, network);
  }

  async #repairOnce(): Promise<void> {
    const { firewall, report } = this.#host;
    try {
      if (await firewall.repair()) report('firewall rules of this engine were missing or changed and have been made again');
    } catch (thrown) {
      report(`firewall rules cannot be checked: ${Failure.from(thrown).message}`);
    }
  }

  async #destroy(network: Network): Promise<void> {
    const { registry, firewall, books, overlays } = this.#host;
    await registry.remove(network, async () => {
      await overlays.get(network.id)?.[Symbol.asyncDispose]();
      overlays.delete(network.id);
      if (hasBridge(network)) await durableStep('network.unrule', () => firewall.removeBridge(firewallBridge(network)));
      await durableStep('network.unlink', () => removeLinks(this.#host, network));
    });
    books.delete(network.id);
    publishNetwork(this.#host, network, { action: 'destroy' });
  }
}

export const openNetworks = (options: NetworksOptions): Promise<Networks> => Networks.open(options);

/** One whose parent is gone is told of; the others work on. */
async function ensureNetwork(host: JoiningHost, network: Network): Promise<void> {
  try {
    await ensureLink(host, network);
    await shareNames(host, network);
  } catch (thrown) {
    if (network.driver === 'bridge') throw thrown;
    host.report(`network ${network.name} does not work: ${Failure.from(thrown).message}`);
  }
}

/** Lets the containers of an overlay be found by those on other hosts, and the other way round. */
async function shareNames(host: JoiningHost, network: Network): Promise<void> {
  if (network.driver !== 'overlay') return;
  const names = await OverlayNames.open(host.kernel, overlayOf(network), (name) => host.names.addressesIn(network.id, name));
  host.overlays.set(network.id, names);
}

function surroundings({ kernel, instance, config, registry }: JoiningHost): Surroundings {
  return { kernel, instance, config, networks: registry.list() };
}

async function openHost(options: NetworksOptions): Promise<JoiningHost> {
  const { kernel, instance, events, dataRoot, runRoot, report = () => undefined } = options;
  const config = { ...(dataRoot === machineDataRoot && { defaultBridgeLink: machineBridge }), ...options.config };
  const pins = join(runRoot, 'e');
  await mkdir(pins, { recursive: true, mode: 0o700 });
  const registry = await NetworkRegistry.open(join(dataRoot, 'networks'), report);
  const live = new Map<ContainerId, LiveSandbox>();
  const overlays = new Map<NetworkId, OverlayNames>();
  return {
    kernel,
    instance,
    config,
    events,
    report,
    pins,
    registry,
    live,
    records: new SandboxRecords(join(runRoot, 'sandboxes')),
    books: new Map(),
    names: new NameIndex(live, overlays),
    overlays,
    hostPorts: new HostPorts(kernel),
    firewall: new Firewall(kernel, instance),
  };
}

async function closeHeld({ ports, nameServer }: LiveSandbox): Promise<void> {
  await ports?.[Symbol.asyncDispose]();
  await nameServer?.[Symbol.asyncDispose]();
}
