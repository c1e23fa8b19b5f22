import { isIP } from 'node:net';
import { Failure } from '@gantry/base';
import type { ProbeResult } from '@gantry/engine-api';
import type { Kernel } from '@gantry/linux';
import { goProbeWay, type ProbeTarget, WayEnds } from '../networks/probe-way.ts';
import { contains, parseSubnet } from '../networks/subnet.ts';
import { cablesOf, type ContainerCable } from './container-cables.ts';
import { isRunning, nameOf, openContainerProcess } from './container-process.ts';
import { bridgeOf, networkOfCable, subnetsOf } from './driven-topology.ts';
import type { EngineQuestions, InspectedContainer, ListedNetwork } from './engine-questions.ts';
import { addressInContainer } from './names-of-container.ts';

interface ProbeRequest {
  readonly questions: EngineQuestions;
  readonly kernel: Kernel;
  readonly id: string;
  readonly target: ProbeTarget;
}

/** Connects by TCP from inside the namespace of a container of Docker or Podman. Fails with `conflict` where it has none of its own that runs, `unsupported` where its process is not this host's. */
export async function drivenProbe({ questions, kernel, id, target }: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
  const container = await questions.container(id, signal);
  const containerName = nameOf(container);
  if (!isRunning(container) || container.HostConfig.NetworkMode === 'host')
    throw new Failure('conflict', `container ${containerName} has no network of its own that runs`);
  using process = openContainerProcess(container);
  const namespace = `${process.path}/ns/net`;
  const [networks, cables] = await Promise.all([questions.networks(signal), cablesOf(kernel, container)]);
  const way = {
    ...{ kernel, containerName, namespace },
    addressOf: (name: string) => addressOf({ kernel, namespace, container }, name, signal),
    checkLinks: () => checkLinks(kernel, cables, networks),
    closedBy: (address: string) => closedBy(cables, networks, address),
  };
  return await goProbeWay(way, target, signal);
}

async function addressOf(
  { kernel, namespace, container }: { kernel: Kernel; namespace: string; container: InspectedContainer },
  name: string,
  signal: AbortSignal,
): Promise<string> {
  if (isIP(name) !== 0) return name;
  // A container that shares another one's network has no endpoints of its own, but links.
  const links = await kernel.listLinks(namespace);
  if (!links.some(({ name: link, isUp }) => link !== 'lo' && isUp))
    throw new WayEnds('name', `no address for the name ${name}: the container is in no network`);
  const loopback = links.find(({ name: link }) => link === 'lo')?.index;
  const own = (await kernel.listAddresses(namespace)).filter(({ linkIndex, isLinkLocal }) => linkIndex !== loopback && !isLinkLocal);
  const families = [4, 6].filter((family) => own.some(({ address }) => isIP(address) === family));
  const found = await addressInContainer({ kernel, namespace, container, families }, name, signal);
  if (found === undefined) throw new WayEnds('name', `no address for the name ${name}`);
  return found;
}

async function checkLinks(kernel: Kernel, cables: readonly ContainerCable[], networks: readonly ListedNetwork[]): Promise<void> {
  const [links, addresses] = await Promise.all([kernel.listLinks(), kernel.listAddresses()]);
  for (const cable of cables) {
    const network = networkOfCable(cable, networks);
    const name = network && bridgeOf(network, links, addresses);
    if (name === undefined) continue;
    const bridge = links.find((link) => link.name === name);
    if (!bridge?.isUp) throw new WayEnds('link', `the link ${name} of network ${cable.networkName} is ${bridge ? 'down' : 'gone'}`);
    const end = links.find(({ index, kind }) => index === cable.outerIndex && kind === 'veth');
    if (end && end.masterIndex !== bridge.index) throw new WayEnds('link', `the cable ${end.name} is not plugged into ${name}`);
    if (end && !end.isUp) throw new WayEnds('link', `the cable ${end.name} is down`);
  }
}

/** What keeps packets from an address by a rule that the engine makes for its networks; undefined: none that is known. */
function closedBy(cables: readonly ContainerCable[], networks: readonly ListedNetwork[], address: string): string | undefined {
  const target = networks.find((network) => subnetsOf(network).some(({ subnet }) => contains(parseSubnet(subnet), address)));
  if (!target || cables.length === 0) return undefined;
  if (!cables.some((cable) => networkOfCable(cable, networks) === target))
    return `${address} is in network ${target.Name}, and the container is not: networks are apart from each other`;
  if (target.Options?.['com.docker.network.bridge.enable_icc'] === 'false')
    return `containers of network ${target.Name} may not talk to each other (enable_icc)`;
  return undefined;
}
