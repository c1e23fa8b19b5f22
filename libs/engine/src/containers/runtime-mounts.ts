import { Failure } from '@gantry/base';
import type { ContainerRecord } from './container.ts';
import type { MountPoint } from './mount-points.ts';

export interface RuntimeMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** Files that the engine writes for a container and mounts into it. */
export interface ContainerFiles {
  readonly hostname: string;
  /** These two are undefined where the network is switched off. */
  readonly hosts: string | undefined;
  readonly resolvConf: string | undefined;
}

export interface MountContext {
  readonly files: ContainerFiles;
  /** Path of an init program on the host; undefined: none is asked for. */
  readonly init: string | undefined;
  readonly shm: SharedMemory;
  /** Where POSIX message queues come from. */
  readonly queues: MessageQueues;
  /** Flags that a bind keeps of the mount it is made from, by its source. */
  readonly sourceFlags: ReadonlyMap<string, readonly string[]>;
  /** Why what is mounted below a read-only bind cannot be read-only too; undefined: it can. */
  readonly noRecursiveReadOnly: string | undefined;
  /** Sources of binds that are no directories: nothing is mounted below them, and crun knows `rro` of directories only. */
  readonly fileSources: ReadonlySet<string>;
  /** Where the part of a volume lies that is meant instead of the whole, by its destination. */
  readonly subpaths: ReadonlyMap<string, string>;
}

/** Where /dev/shm comes from: a tmpfs of its own, a path of the host, or nowhere. */
export type SharedMemory = 'own' | 'none' | { readonly path: string };

/** The queues of its IPC namespace, the place where the host has its own mounted, or nowhere. */
export type MessageQueues = 'own' | 'none' | { readonly path: string };

/** All mounts of a container in order: /dev is always a tmpfs of its own, whatever the image brings there. */
export function runtimeMounts(record: ContainerRecord, context: MountContext): RuntimeMount[] {
  const { hostConfig, mounts } = record;
  const isPrivileged = hostConfig.Privileged;
  const sysMode = isPrivileged ? 'rw' : 'ro';
  const fileMode = hostConfig.ReadonlyRootfs ? ['ro'] : [];
  const own = mounts.filter(({ destination }) => destination !== '/dev/shm');
  const taken = new Set(own.map(({ destination }) => destination));
  const shm = mounts.find(({ destination }) => destination === '/dev/shm');
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', sysMode] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [sysMode, 'nosuid', 'noexec', 'nodev', 'relatime'] },
    ...messageQueues(context.queues),
    ...(shm ? [pointMount(shm, context)] : sharedMemory(hostConfig.ShmSize, context.shm)),
    ...own.map((point) => pointMount(point, context)),
    // After a volume at /etc, which would hide them.
    ...networkFiles(context.files, fileMode).filter(({ destination }) => !taken.has(destination)),
    ...(context.init === undefined ? [] : [fileMount('/sbin/docker-init', context.init, ['ro'])]),
  ];
}

/** What `linux.rootfsPropagation` must be for the propagation that the mounts ask for. */
export function rootPropagation(mounts: readonly MountPoint[]): string {
  if (mounts.some(({ propagation }) => propagation.endsWith('shared'))) return 'shared';
  return mounts.some(({ propagation }) => propagation.endsWith('slave')) ? 'slave' : 'private';
}

function sharedMemory(sizeBytes: number, shared: SharedMemory): RuntimeMount[] {
  if (shared === 'none') return [];
  const flags = ['nosuid', 'noexec', 'nodev'];
  const own = { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...flags, 'mode=1777', `size=${sizeBytes}`] };
  if (shared === 'own') return [own];
  // The host's is mounted as the host has it.
  const options = ['rbind', ...(shared.path === '/dev/shm' ? [] : flags), 'rprivate'];
  return [{ destination: '/dev/shm', type: 'bind', source: shared.path, options }];
}

function messageQueues(queues: MessageQueues): RuntimeMount[] {
  if (queues === 'none') return [];
  const destination = '/dev/mqueue';
  if (queues === 'own') return [{ destination, type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] }];
  return [{ destination, type: 'bind', source: queues.path, options: ['rbind', 'rprivate'] }];
}

function networkFiles(files: ContainerFiles, mode: readonly string[]): RuntimeMount[] {
  const { hostname, hosts, resolvConf } = files;
  return [
    ...(resolvConf === undefined ? [] : [fileMount('/etc/resolv.conf', resolvConf, mode)]),
    fileMount('/etc/hostname', hostname, mode),
    ...(hosts === undefined ? [] : [fileMount('/etc/hosts', hosts, mode)]),
  ];
}

const fileMount = (destination: string, source: string, mode: readonly string[]): RuntimeMount => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind', ...mode, 'rprivate'],
});

function pointMount(point: MountPoint, context: MountContext): RuntimeMount {
  if (point.type === 'tmpfs') {
    const options = ['noexec', 'nosuid', 'nodev', ...point.options];
    return { destination: point.destination, type: 'tmpfs', source: 'tmpfs', options: withoutContradiction(options) };
  }
  const propagation = point.propagation === '' ? 'rprivate' : point.propagation;
  return {
    destination: point.destination,
    type: 'bind',
    source: context.subpaths.get(point.destination) ?? point.source,
    options: [
      point.options.includes('bind') ? 'bind' : 'rbind',
      ...new Set([...(context.sourceFlags.get(point.source) ?? []), ...(point.isWritable ? [] : [readOnlyWord(point, context)])]),
      propagation,
    ],
  };
}

/** Fails with `invalid` where all below has to be read-only and cannot be. */
function readOnlyWord({ source, options }: MountPoint, { noRecursiveReadOnly, fileSources }: MountContext): 'ro' | 'rro' {
  if (options.includes('rro=conflict'))
    throw new Failure('invalid', 'mount options conflict: ReadOnlyNonRecursive && BindOptions.ReadOnlyForceRecursive');
  if (fileSources.has(source)) return 'ro';
  if (options.includes('rro=force') && noRecursiveReadOnly !== undefined)
    throw new Failure('invalid', `rro is not supported: ${noRecursiveReadOnly}`);
  return noRecursiveReadOnly === undefined && options.some((option) => option.startsWith('rro')) ? 'rro' : 'ro';
}

/** A later `exec` takes an earlier `noexec` away. */
function withoutContradiction(options: readonly string[]): string[] {
  return options.filter((option) => !(option.startsWith('no') && options.includes(option.slice(2))));
}
