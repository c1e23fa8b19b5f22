import { Failure } from '@gantry/base';
import type { Topology, TopologyEndpoint, TopologyNetwork, TopologyPort } from '@gantry/engine-api';
import type { Kernel, Link, LinkAddress } from '@gantry/linux';
import { contains, parseSubnet } from '../networks/subnet.ts';
import { LinkSampler, type LinkOwner } from '../networks/link-sampler.ts';
import { cablesOf, type ContainerCable } from './container-cables.ts';
import { type EngineQuestions, isHere, type ListedContainer, type ListedNetwork } from './engine-questions.ts';
import type { KeptKernel } from './kept-kernel.ts';

const mostAtOnce = 8;

/** Cables of one run of a container: the numbers of its endpoints are others after the next start. */
interface KnownCables {
  readonly run: string;
  readonly cables: readonly ContainerCable[];
}

/** How the host of a Docker or Podman is wired: the kernel's links, and what the engine tells of networks and containers. */
export class DrivenTopology {
  readonly #questions: EngineQuestions;
  readonly #kernel: KeptKernel;
  readonly #sampler = new LinkSampler();
  readonly #known = new Map<string, KnownCables>();

  constructor(questions: EngineQuestions, kernel: KeptKernel) {
    this.#questions = questions;
    this.#kernel = kernel;
  }

  /** Fails with `unsupported` where the engine is on another machine. */
  async take(signal: AbortSignal): Promise<Topology> {
    const info = await this.#questions.info(signal);
    if (!isHere(info)) throw new Failure('unsupported', `the engine runs on ${info.Name}, and not on this host`);
    return await this.#kernel.use((kernel) => this.#take(kernel, signal));
  }

  async #take(kernel: Kernel, signal: AbortSignal): Promise<Topology> {
    const [sampled, networks, containers, addresses] = await Promise.all([
      this.#sampler.take(kernel, signal),
      this.#questions.networks(signal),
      this.#questions.containers(signal),
      kernel.listAddresses(),
    ]);
    const bridges = new Map(networks.map((network) => [network.Id, bridgeOf(network, sampled.all, addresses)]));
    const wired = await this.#cablesOfAll(kernel, containers, signal);
    const endpoints = wired.flatMap(({ container, cables }) =>
      cables.map((cable) => endpointOf(container, cable, { links: sampled.all, networks })),
    );
    const { takenAtMs, intervalMs, routes } = sampled;
    return {
      ...{ takenAtMs, intervalMs, routes, links: sampled.links(ownersOf(bridges, endpoints)) },
      networks: networks.map((network) => networkOf(network, bridges.get(network.Id))),
      endpoints,
      ports: wired.flatMap(({ container, cables }) => portsOf(container, cables)),
    };
  }

  /** Containers that went away meanwhile, or whose processes are not here, have none. */
  async #cablesOfAll(
    kernel: Kernel,
    containers: readonly ListedContainer[],
    signal: AbortSignal,
  ): Promise<{ container: ListedContainer; cables: readonly ContainerCable[] }[]> {
    const ids = new Set(containers.map(({ Id }) => Id));
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
    const wired: { container: ListedContainer; cables: readonly ContainerCable[] }[] = [];
    for (let start = 0; start < containers.length; start += mostAtOnce) {
      const some = containers.slice(start, start + mostAtOnce);
      wired.push(
        ...(await Promise.all(some.map(async (container) => ({ container, cables: await this.#cables(kernel, container, signal) })))),
      );
    }
    return wired;
  }

  async #cables(kernel: Kernel, container: ListedContainer, signal: AbortSignal): Promise<readonly ContainerCable[]> {
    const ids = Object.values(container.NetworkSettings?.Networks ?? {}).map((endpoint) => endpoint?.EndpointID ?? '');
    const run = ids.includes('') ? '' : ids.sort().join();
    const known = this.#known.get(container.Id);
    if (run !== '' && known?.run === run) return known.cables;
    try {
      const cables = await cablesOf(kernel, await this.#questions.container(container.Id, signal));
      this.#known.set(container.Id, { run, cables });
      return cables;
    } catch (thrown) {
      if (['not-found', 'unsupported', 'conflict'].includes(Failure.from(thrown).code)) return [];
      throw thrown;
    }
  }
}

/** The link of a network: by the name that its options or the engine give it, or else the bridge that has an address in it. */
export function bridgeOf(network: ListedNetwork, links: readonly Link[], addresses: readonly LinkAddress[]): string | undefined {
  const { Id, Driver, Options } = network;
  if (Driver !== 'bridge') return undefined;
  const names = [Options?.['com.docker.network.bridge.name'], `br-${Id.slice(0, 12)}`];
  const named = links.find(({ name }) => names.includes(name));
  if (named) return named.name;
  const subnets = subnetsOf(network).map(({ subnet }) => parseSubnet(subnet));
  const isIn = ({ address }: LinkAddress): boolean => subnets.some((subnet) => contains(subnet, address));
  const indices = new Set(addresses.filter(isIn).map(({ linkIndex }) => linkIndex));
  return links.find((link) => indices.has(link.index) && link.kind === 'bridge')?.name;
}

export const subnetsOf = ({ IPAM }: ListedNetwork): { subnet: string; gateway: string }[] =>
  (IPAM?.Config ?? []).flatMap(({ Subnet, Gateway }) => (Subnet ? [{ subnet: Subnet, gateway: Gateway ?? '' }] : []));

function networkOf(network: ListedNetwork, link: string | undefined): TopologyNetwork {
  const { Id: id, Name: name, Driver: driver, Internal } = network;
  return { id, name, driver, isInternal: Internal === true, link, subnets: subnetsOf(network) };
}

export const nameOfListed = ({ Id, Names }: Pick<ListedContainer, 'Id' | 'Names'>): string =>
  Names?.find((name) => name.lastIndexOf('/') <= 0)?.replace(/^\//, '') ?? Id.slice(0, 12);

/** Podman has the name where Docker has the id, and lists its default network by another name than its containers. */
export function networkOfCable(cable: ContainerCable, networks: readonly ListedNetwork[]): ListedNetwork | undefined {
  const { networkId, networkName, addresses } = cable;
  const named = networks.find(({ Id }) => Id === networkId) ?? networks.find(({ Name }) => Name === networkName);
  const own = addresses.map((address) => address.slice(0, address.lastIndexOf('/')));
  const holds = (network: ListedNetwork): boolean =>
    subnetsOf(network).some(({ subnet }) => own.some((address) => contains(parseSubnet(subnet), address)));
  return named ?? networks.find(holds);
}

function endpointOf(
  container: ListedContainer,
  cable: ContainerCable,
  { links, networks }: { links: readonly Link[]; networks: readonly ListedNetwork[] },
): TopologyEndpoint {
  const { networkName: network, device, mac, addresses, isGateway, outerIndex } = cable;
  const networkId = networkOfCable(cable, networks)?.Id ?? cable.networkId;
  const link = outerIndex === undefined ? undefined : links.find(({ index, kind }) => index === outerIndex && kind === 'veth')?.name;
  return { container: container.Id, containerName: nameOfListed(container), networkId, network, link, device, mac, addresses, isGateway };
}

function ownersOf(
  bridges: ReadonlyMap<string, string | undefined>,
  endpoints: readonly TopologyEndpoint[],
): ReadonlyMap<string, LinkOwner> {
  const owners = new Map<string, LinkOwner>();
  for (const [networkId, link] of bridges) if (link !== undefined) owners.set(link, { networkId });
  for (const { link, container, networkId } of endpoints) if (link !== undefined) owners.set(link, { container, networkId });
  return owners;
}

/** One for each port, though the engine tells each twice where it is published for both families. */
function portsOf({ Id, Ports }: ListedContainer, cables: readonly ContainerCable[]): TopologyPort[] {
  const ports = new Map<string, TopologyPort>();
  const way = cables.find(({ isGateway }) => isGateway) ?? cables[0];
  const targets = (way?.addresses ?? []).map((address) => address.slice(0, address.lastIndexOf('/')));
  for (const { IP, PrivatePort: containerPort, PublicPort: hostPort, Type: protocol } of Ports ?? []) {
    if (!hostPort) continue;
    const address = !IP || IP === '0.0.0.0' || IP === '::' ? '' : IP;
    ports.set(`${protocol} ${address} ${hostPort}`, { protocol, address, hostPort, container: Id, containerPort, targets });
  }
  return [...ports.values()];
}
