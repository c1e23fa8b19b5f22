import type { Topology } from '@gantry/engine-api';
import type { Looking } from './looking.ts';
import { maskRecord } from './masks.ts';
import { networkOf, type NetworkItem, volumeOf, type VolumeItem } from './told-things.ts';

type Users = Readonly<Record<string, unknown>>;
interface Network extends NetworkItem {
  readonly Containers?: Users | null;
}

export async function listNetworks(answer: unknown, looking: Looking): Promise<unknown> {
  const { things } = looking;
  const seen = (answer as readonly Network[]).filter((item) => things.sight.sees(networkOf(item)));
  return Promise.all(seen.map((network) => inspectNetwork(network, looking)));
}

/** A network with those of its users that the caller sees. */
export async function inspectNetwork(answer: unknown, { things }: Looking): Promise<unknown> {
  const network = { ...(answer as Network), Peers: undefined, Services: undefined };
  const { Containers: users } = network;
  if (!users || Object.keys(users).length === 0) return network;
  const seen = new Set((await things.seenContainers()).map(({ Id }) => Id));
  return { ...network, Containers: Object.fromEntries(Object.entries(users).filter(([id]) => seen.has(id))) };
}

interface VolumeListing {
  readonly Volumes?: readonly VolumeItem[] | null;
}

export function listVolumes(answer: unknown, looking: Looking): unknown {
  const { Volumes, ...rest } = answer as VolumeListing;
  const seen = (Volumes ?? []).filter((item) => looking.things.sight.sees(volumeOf(item)));
  return { ...rest, Volumes: seen.map((item) => inspectVolume(item, looking)), Warnings: [] };
}

/** For who sees all of them, and not the values of all. */
export function listAllVolumes(answer: unknown, looking: Looking): unknown {
  const { Volumes, ...rest } = answer as VolumeListing;
  return { ...rest, Volumes: Volumes?.map((item) => inspectVolume(item, looking)) ?? Volumes };
}

/** Options of its driver have the password where it is a network file system: they are masked as values of variables are. */
export function inspectVolume<T extends VolumeItem>(item: T, { things }: Pick<Looking, 'things'>): T {
  return item.Options && !things.sight.may('env:reveal', volumeOf(item)) ? { ...item, Options: maskRecord(item.Options) } : item;
}

/** The networks, endpoints and ports that the caller sees, and the links that these stand on; how the host itself is wired is the host's. */
export async function topology(answer: unknown, { things }: Looking): Promise<unknown> {
  const { takenAtMs, intervalMs, ...whole } = answer as Topology;
  const networkIds = new Set<string | undefined>((await things.seenNetworks()).map(({ Id }) => Id));
  const containerIds = new Set<string | undefined>((await things.seenContainers()).map(({ Id }) => Id));
  const networks = whole.networks.filter(({ id }) => networkIds.has(id));
  const endpoints = whole.endpoints.filter(({ container, networkId }) => containerIds.has(container) && networkIds.has(networkId));
  const ports = whole.ports.filter(({ container }) => containerIds.has(container));
  const names = new Set([...networks, ...endpoints].map(({ link }) => link));
  return { takenAtMs, intervalMs, routes: [], networks, endpoints, ports, links: whole.links.filter(({ name }) => names.has(name)) };
}
