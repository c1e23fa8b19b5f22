import { realpathSync } from 'node:fs';
import { errnoOf } from '../system/system-failure.ts';
import { checked, libc } from '../system/libc.ts';
import { runProgram } from '../system/run-program.ts';
import { isWithin, type Mount, readMounts } from './mountinfo.ts';
import { mountOverlay, type OverlayMount } from './overlay.ts';

const flags = {
  ro: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  sync: 0x10,
  remount: 0x20,
  mand: 0x40,
  dirsync: 0x80,
  noatime: 0x400,
  nodiratime: 0x800,
  bind: 0x1000,
  rec: 0x4000,
  unbindable: 0x20000,
  private: 0x40000,
  slave: 0x80000,
  shared: 0x100000,
  relatime: 0x200000,
  strictatime: 0x1000000,
} as const;
const detach = 2;

export type MountAttribute =
  'ro' | 'nosuid' | 'nodev' | 'noexec' | 'sync' | 'mand' | 'dirsync' | 'noatime' | 'nodiratime' | 'relatime' | 'strictatime';
export type Propagation = 'shared' | 'slave' | 'private' | 'rshared' | 'rslave' | 'rprivate';

export interface MountRequest {
  /** A device or, for binds, a path; `none` for file systems without one. */
  readonly source: string;
  readonly target: string;
  /** A file system's name (`tmpfs`), or a bind of the source alone or with all mounts below it. */
  readonly type: string;
  readonly attributes?: readonly MountAttribute[];
  readonly propagation?: Propagation;
  /** What the file system itself reads, as `size=64m,mode=1777`. */
  readonly data?: string;
}

export interface MountOperations {
  /** Mounts an overlay; fails with `invalid` and the kernel's words for layers that do not go together. Doing it twice mounts twice. */
  mountOverlay(overlay: OverlayMount): void;
  /** Mounts a file system or, with the type `bind` or `rbind`, a path somewhere else. */
  mount(request: MountRequest): void;
  /** Unmounts what is on top at a path, detached where it is still in use. False: nothing is mounted there, or there is no such path. */
  unmount(target: string): boolean;
  /**
   * Makes a directory a shared mount of its own, so that mounts made below it later are seen in namespaces made before. Twice is once. They are
   * not passed on to the mount around it (which is shared on systemd's hosts): there each would lie a second time, hidden below this one.
   */
  shareMount(path: string): void;
  /** The mounts at and below a path, in mount order: undo them from the end. */
  mountsUnder(path: string): Mount[];
}

export function mountOperations({ byPrograms }: { readonly byPrograms: boolean }): MountOperations {
  const mountOne = byPrograms ? mountByProgram : mountByCall;
  const unmount = byPrograms ? unmountByProgram : unmountByCall;
  return {
    mountOverlay: (overlay) => mountOverlay(overlay, byPrograms),
    mount(request) {
      mountOne(request);
      try {
        if (request.propagation) propagate(request.target, request.propagation);
      } catch (thrown) {
        unmount(request.target);
        throw thrown;
      }
    },
    unmount,
    shareMount(given) {
      const path = realpathSync(given);
      const mounts = readMounts();
      const own = mounts.findLast((mount) => mount.target === path);
      if (own?.sharedGroup !== undefined && own.sharedGroup !== mounts.find(({ id }) => id === own.parentId)?.sharedGroup) return;
      if (!own) mountOne({ source: path, target: path, type: 'bind' });
      // A bind of what is shared is of its peer group: it leaves that one first.
      propagate(path, 'private');
      propagate(path, 'shared');
    },
    mountsUnder: (path) => readMounts().filter((mount) => isWithin(mount.target, path)),
  };
}

function mountByCall({ source, target, type, attributes = [], data }: MountRequest): void {
  const wanted = attributes.reduce((all, name) => all | flags[name], 0);
  const about = `${source} on ${target}`;
  if (type !== 'bind' && type !== 'rbind') {
    checked(libc.mount(source, target, type, wanted, data ?? null), 'mount', `${type} ${about}`);
    return;
  }
  const bind = flags.bind | (type === 'rbind' ? flags.rec : 0);
  checked(libc.mount(source, target, null, bind, null), 'mount', `${type} ${about}`);
  if (wanted === 0) return;
  // A bind takes its attributes only by a second call.
  if (libc.mount('none', target, null, flags.bind | flags.remount | wanted, null) >= 0) return;
  try {
    checked(-1, 'remount', about);
  } finally {
    unmountByCall(target);
  }
}

function propagate(target: string, propagation: Propagation): void {
  const isRecursive = propagation.startsWith('r');
  const kind = (isRecursive ? propagation.slice(1) : propagation) as 'shared' | 'slave' | 'private';
  checked(libc.mount('none', target, null, flags[kind] | (isRecursive ? flags.rec : 0), null), `make ${propagation}`, target);
}

function unmountByCall(target: string): boolean {
  try {
    checked(libc.umount2(target, detach), 'unmount', target);
    return true;
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === 'EINVAL' || errno === 'ENOENT') return false;
    throw thrown;
  }
}

function mountByProgram({ source, target, type, attributes = [], data }: MountRequest): void {
  const isBind = type === 'bind' || type === 'rbind';
  const options = [...(isBind ? [type] : []), ...attributes, ...(data === undefined ? [] : [data])];
  const how = [...(isBind ? [] : ['-t', type]), ...(options.length === 0 ? [] : ['-o', options.join(',')])];
  runProgram('mount', ['-n', ...how, source, target]);
}

function unmountByProgram(target: string): boolean {
  if (!readMounts().some((mount) => mount.target === target)) return false;
  runProgram('umount', ['-n', '-l', target]);
  return true;
}
