import { maskedItem } from './container-answers.ts';
import { withoutForeign } from './image-answers.ts';
import { withOwnNames } from './foreign-references.ts';
import type { Looking } from './looking.ts';
import { inspectVolume } from './network-answers.ts';
import { containerOf, type ContainerItem, volumeOf, type VolumeItem } from './told-things.ts';

type Json = Readonly<Record<string, unknown>>;

/** What of `/info` is told to everybody. Registries' names and mirrors are nobody's business here; what Docker adds later is told once it stands here. */
const told = [
  ...['ID', 'Name', 'ServerVersion', 'Driver', 'DriverStatus', 'DockerRootDir', 'Plugins', 'Labels', 'Warnings', 'SecurityOptions'],
  ...['Containers', 'ContainersRunning', 'ContainersPaused', 'ContainersStopped', 'Images'],
  ...['MemoryLimit', 'SwapLimit', 'KernelMemory', 'KernelMemoryTCP', 'CpuCfsPeriod', 'CpuCfsQuota', 'CPUShares', 'CPUSet', 'PidsLimit'],
  ...['OomKillDisable', 'IPv4Forwarding', 'BridgeNfIptables', 'BridgeNfIp6tables', 'Debug', 'SystemTime', 'LoggingDriver'],
  ...['CgroupDriver', 'CgroupVersion', 'KernelVersion', 'OperatingSystem', 'OSVersion', 'OSType', 'Architecture', 'NCPU', 'MemTotal'],
  ...['IndexServerAddress', 'GenericResources', 'HttpProxy', 'HttpsProxy', 'NoProxy', 'ExperimentalBuild', 'Runtimes', 'DefaultRuntime'],
  ...['Swarm', 'LiveRestoreEnabled', 'Isolation', 'InitBinary', 'ContainerdCommit', 'RuncCommit', 'InitCommit', 'ProductLicense'],
  ...['DefaultAddressPools', 'FirewallBackend', 'CDISpecDirs', 'Containerd', 'ClientInfo', 'DiscoveredDevices'],
  ...['NFd', 'NGoroutines', 'NEventsListener'],
];
/** Counts and addresses of the whole host. */
const ofWholeHost = ['NFd', 'NGoroutines', 'NEventsListener', 'Warnings', 'Labels', 'DiscoveredDevices', 'GenericResources'];

/** Proxies may carry credentials. Who sees a part of the host gets the counts of that part. */
export async function systemInfo(answer: unknown, { things }: Looking): Promise<unknown> {
  const info = Object.fromEntries(told.filter((name) => name in (answer as Json)).map((name) => [name, (answer as Json)[name]]));
  const proxies = ['HttpProxy', 'HttpsProxy'].filter((name) => name in info).map((name) => [name, withoutUser(info[name])]);
  const shown = { ...info, ...(Object.fromEntries(proxies) as Json) };
  if (things.sight.seesEverything) return shown;
  const containers = await things.seenContainers();
  const count = (state: string): number => containers.filter(({ State }) => State === state).length;
  const [running, paused] = [count('running'), count('paused')];
  const stopped = containers.length - running - paused;
  return {
    ...Object.fromEntries(Object.entries(shown).filter(([name]) => !ofWholeHost.includes(name))),
    ...{ Containers: containers.length, ContainersRunning: running, ContainersPaused: paused, ContainersStopped: stopped },
    Images: (await things.seenImages()).ids.size,
    ...('Swarm' in shown ? { Swarm: { LocalNodeState: 'inactive' } } : {}),
  };
}

function withoutUser(proxy: unknown): unknown {
  return typeof proxy === 'string' ? proxy.replace(/\/\/[^@/]*@/, '//') : proxy;
}

interface DiskUsage {
  readonly Images?: readonly { readonly Id: string; readonly Size?: number }[] | null;
  readonly Containers?: readonly ContainerItem[] | null;
  readonly Volumes?: readonly (VolumeItem & { readonly UsageData?: object | null })[] | null;
}

/** What the caller sees, with the counts of that: users of a volume, the space of images. Build caches are the host's. */
export async function diskUsage(answer: unknown, looking: Looking): Promise<unknown> {
  const { things } = looking;
  const usage = answer as DiskUsage;
  const { sight } = things;
  const seen = await things.seenImages();
  const users = await things.seenContainers();
  const ids = new Set(users.map(({ Id }) => Id));
  const containers = usage.Containers?.filter((item) => sight.sees(containerOf(item))).map((item) => shownItem(item, looking));
  const images = usage.Images?.filter(({ Id }) => seen.ids.has(Id)).map((image) => withoutForeign(image, seen, ids));
  const volumes = usage.Volumes?.filter((item) => sight.sees(volumeOf(item))).map((volume) => ({
    ...inspectVolume(volume, looking),
    ...(volume.UsageData ? { UsageData: { ...volume.UsageData, RefCount: users.filter((user) => mounts(user, volume.Name)).length } } : {}),
  }));
  return {
    LayersSize: (images ?? []).reduce((sum, { Size = 0 }) => sum + Size, 0),
    Images: images ?? null,
    Containers: containers ?? null,
    Volumes: volumes ?? null,
    BuildCache: [],
  };
}

/** The same for who sees all of it, and not the values of all. */
export function wholeDiskUsage(answer: unknown, looking: Looking): unknown {
  const { Containers, Volumes, ...rest } = answer as DiskUsage;
  return {
    ...rest,
    Containers: Containers?.map((item) => shownItem(item, looking)) ?? Containers,
    Volumes: Volumes?.map((item) => inspectVolume(item, looking)) ?? Volumes,
  };
}

function shownItem(item: ContainerItem, looking: Looking): ContainerItem {
  const own = withOwnNames(item, looking);
  return looking.things.sight.may('env:reveal', containerOf(item)) ? own : maskedItem(own);
}

function mounts({ Mounts }: ContainerItem, volume: string): boolean {
  return (Mounts ?? []).some(({ Type, Name }) => Type === 'volume' && Name === volume);
}
