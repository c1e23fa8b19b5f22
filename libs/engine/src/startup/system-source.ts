import { statfsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Capabilities } from '@gantry/engine-api';
import { ApiVersion } from '@gantry/engine-api';
import { version } from '@gantry/base';
import { containerSummary } from '../api/container-shapes.ts';
import { imageSummary } from '../api/image-shapes.ts';
import type { Counts, EngineHostFacts } from '../api/system-facts.ts';
import type { DiskUsage, SystemSource } from '../api/system.ts';
import { volumeShape } from '../api/volumes.ts';
import type { EngineConfig } from '../config.ts';
import { runOf } from '../containers/container.ts';
import type { Containers } from '../containers/containers.ts';
import { listContainers } from '../containers/list-containers.ts';
import type { Images } from '../images/open-images.ts';
import { sharedSizes } from '../images/shared-sizes.ts';
import type { VolumeRecord } from '../volumes/volume-record.ts';
import type { Volumes } from '../volumes/volumes.ts';
import type { Machine } from './check-machine.ts';
import type { Runtimes } from './runtimes.ts';
import type { EngineRoots } from './instance.ts';

export interface SystemParts {
  readonly roots: EngineRoots;
  readonly machine: Machine;
  readonly config: EngineConfig;
  readonly images: Images;
  readonly volumes: Volumes;
  readonly containers: Containers;
  readonly runtimes: Runtimes;
}

/** What the system routes ask of the other nouns. */
export function systemSource(parts: SystemParts): SystemSource {
  return {
    facts: engineFacts(parts),
    versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest },
    capabilities: capabilities(parts),
    counts: () => Promise.resolve(counts(parts)),
    diskUsage: (wanted, version) => diskUsage(parts, wanted, version),
    login: (login, signal) => parts.images.login(login, signal),
  };
}

function engineFacts({ roots, machine, runtimes, config }: SystemParts): EngineHostFacts {
  const { runtime, monitor, cgroups, warnings } = machine;
  return {
    id: roots.engineId,
    dataRoot: roots.data,
    backingFileSystem: fileSystemOf(roots.data),
    startedAt: new Date(),
    cgroup: cgroups.layout.kind,
    runtime: { name: 'crun', path: runtime.settings.program, version: runtime.version },
    initProgram: basename(machine.initProgram ?? ''),
    runtimes: runtimes.all,
    defaultRuntime: runtimes.defaultName,
    cdiSpecDirectories: config.cdiSpecDirectories,
    monitor: { name: 'conmon', version: monitor.version },
    hasUserNamespaces: config.usernsRemap !== undefined,
    hasSeccomp: true,
    hasAppArmor: false,
    defaultLogDriver: config.logDriver,
    registryMirrors: config.registryMirrors,
    insecureRegistries: config.insecureRegistries,
    addressPools: config.addressPools,
    labels: config.labels,
    warnings,
  };
}

/** Names of file systems by the number that statfs tells, in the words of moby. */
const fileSystems: Readonly<Record<number, string>> = {
  ...{ 0xef53: 'extfs', 0x58465342: 'xfs', 0x9123683e: 'btrfs', 0x1021994: 'tmpfs', 0x2fc12fc1: 'zfs', 0xf2f52010: 'f2fs' },
};

const fileSystemOf = (path: string): string => fileSystems[statfsSync(path).type] ?? '<unknown>';

function capabilities({ machine, config }: SystemParts): Capabilities {
  const { kind, unified } = machine.cgroups.layout;
  const isRemapped = config.usernsRemap !== undefined;
  return {
    engine: 'native',
    version,
    cgroup: kind,
    features: [
      'memory-limit',
      'cpu-limit',
      'io-limit',
      'pids-limit',
      'privileged',
      'seccomp',
      ...(['files', 'stopped-files', 'volume-files', 'topology', 'probe'] as const),
      ...(unified === undefined ? [] : (['pressure'] as const)),
      ...(isRemapped ? (['user-namespaces'] as const) : []),
    ],
    missing: {
      build: 'images are not built by this engine yet',
      commit: 'containers are not committed to images yet',
      checkpoint: 'this engine does not checkpoint containers',
      apparmor: 'this engine loads no AppArmor profile of its own; a container may name one that the host has loaded',
      ...(!isRemapped && {
        'user-namespaces': 'containers have the host\'s ids: "userns-remap" in the configuration of the engine is not set',
      }),
      gpu: 'GPUs are handed to containers where a CDI specification describes them (/etc/cdi)',
    },
  };
}

function counts({ containers, images }: SystemParts): Counts {
  const all = containers.all.map(({ state }) => state);
  const paused = all.filter(({ name }) => name === 'paused').length;
  const running = all.filter((state) => runOf(state)).length - paused;
  return { running, paused, stopped: all.length - running - paused, images: images.store.all().length };
}

/** Each layer once, however many images have it. */
function layersBytes(images: Images): number {
  const layers = new Set(images.store.all().flatMap(({ record }) => record.layers.map(({ diffId }) => diffId)));
  return [...layers].reduce((sum, diffId) => sum + (images.store.layers.get(diffId)?.contentBytes ?? 0), 0);
}

async function diskUsage(parts: SystemParts, wanted: ReadonlySet<string>, version: ApiVersion): Promise<DiskUsage> {
  const { containers, images, volumes } = parts;
  const wants = (part: string): boolean => wanted.size === 0 || wanted.has(part);
  const query = { all: true, limit: undefined, size: true, filters: new Map() };
  return {
    layersSizeBytes: layersBytes(images),
    images: wants('image') ? imageUsage(parts, version) : [],
    containers: wants('container')
      ? (await listContainers(containers.host, containers.all, query)).map((row) => containerSummary(version, row))
      : [],
    volumes: wants('volume') ? await Promise.all(measured(volumes).map((record) => volumeUsage(volumes, record))) : [],
  };
}

function imageUsage({ images, containers }: SystemParts, version: ApiVersion): unknown[] {
  const sharedBytes = sharedSizes(images.store);
  return images.store.all().map((image) => {
    const names = images.store.namesOf(image.record.id);
    const summary = imageSummary(images, { image, names }, { version, sharedBytes: sharedBytes(image) }) as object;
    const users = containers.all.filter(({ record }) => record.image.id === image.record.id).length;
    return { ...summary, Containers: users };
  });
}

/** What lies on a device or server that options name is not this host's disk. */
const measured = (volumes: Volumes): VolumeRecord[] => volumes.all().filter(({ options }) => Object.keys(options).length === 0);

async function volumeUsage(volumes: Volumes, record: VolumeRecord): Promise<unknown> {
  const UsageData = { Size: await volumes.sizeBytes(record.name), RefCount: record.holders.length };
  return { ...volumeShape(volumes, record), UsageData };
}
