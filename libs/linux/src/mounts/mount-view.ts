import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { posix } from 'node:path';
import { Failure } from '@gantry/base';
import { openBelow } from '../files/file-calls.ts';
import { FileTree } from '../files/file-tree.ts';
import type { IdMapping } from '../files/id-mapping.ts';
import { NamespaceLost } from '../namespaces/network-namespaces.ts';
import { checked, errno, libc } from '../system/libc.ts';
import { errnoOf, systemFailure } from '../system/system-failure.ts';
import { mountOverlay } from './overlay.ts';
import { copyProcessMounts, type ProcessMounts, type ProcessRoot } from './process-mounts.ts';
import { copySource } from './source-copy.ts';

export interface ViewMount {
  /** A path of the host; undefined: what the process of the root has mounted there itself. */
  readonly source: string | undefined;
  /** What lies below the source instead (a byte string), found without leaving it; links are followed inside. */
  readonly within?: string;
  /** Where it lies below the root (a `treePath`); links are followed inside the root. */
  readonly path: string;
  readonly isWritable: boolean;
  /** With what is mounted below the source. */
  readonly isRecursive: boolean;
}

/** A directory with other directories and files mounted into it. */
export interface MountView {
  /** A directory of the host, the root of a process, or layers that are put together for the view. */
  readonly root: string | ProcessRoot | ViewLayers;
  readonly isWritable: boolean;
  /** To be read only: nothing of it can be written, places of mounts that are missing are made for the view alone, and what cannot be mounted is left out. Else they are made. */
  readonly isToRead: boolean;
  readonly mounts: readonly ViewMount[];
  /** Owners are those of this user namespace; undefined: the host's. */
  readonly ids?: IdMapping | undefined;
}

/** Directories that overlayfs puts together, the topmost first. */
export interface ViewLayers {
  readonly layers: readonly [string, ...string[]];
  /** An empty directory of the topmost layer's file system; with it what is written goes to the topmost one. */
  readonly work: string | undefined;
}

const newMountNamespace = 0x0002_0000;
const bind = 0x1000;
const recursivePrivate = 0x4000 | 0x4_0000;
const recursive = 0x8000;
const fromEmptyPath = 4;
const makePrivate = 0x4_0000;
const emptyPath = 0x1000;
const ontoDescriptor = 0x4 | 0x40; // both ends of move_mount by descriptors
const readOnly = 0x1;
/** Programs are never run and devices never opened through a view, whatever lies in it. */
const harmless = 0x2 | 0x4 | 0x8;

/** A view that the calling thread is in. Disposing takes the thread back to where it was; where that fails it must not work on. */
export interface EnteredView extends Disposable {
  readonly tree: FileTree;
}

/**
 * Puts the calling thread into a mount namespace of its own in which the view is mounted, and opens it, until it is disposed. Nobody else sees these mounts, the
 * kernel keeps read-only ones so whoever swaps links meanwhile, and they go when the thread leaves. For a worker: its root and working directory are no
 * longer those of the process. Only what the thread itself calls sees them (`node:fs` without `Sync` works in other threads).
 * Fails with `not-found` where a source is missing, and `unsupported` before Linux 5.12.
 */
export function enterMountView({ root, isWritable, isToRead, mounts, ids }: MountView): EnteredView {
  using opened = new DisposableStack();
  opened.use(ownMountNamespace());
  checked(libc.mount('none', '/', null, recursivePrivate, null), 'make rprivate', '/');
  const own = typeof root === 'object' && 'process' in root ? root : undefined;
  const copies =
    own &&
    opened.use(
      copyProcessMounts(
        own,
        mounts.flatMap(({ source, path }) => (source === undefined ? [path] : [])),
      ),
    );
  // What is mounted into them must not show where they come from.
  for (const copy of copies ? [copies.root, ...copies.at.values()] : []) changeMount(copy, 0, { attributes: 0, propagation: makePrivate });
  // All of them before anything lies over paths of the host: what is there instead then, a link of an image, says nothing of sources.
  const puts = mounts.flatMap((mount) => {
    const copy = mount.source === undefined ? copies?.at.get(mount.path) : sourceCopy(mount, mount.source, isToRead);
    if (copy === undefined) return [];
    if (mount.source !== undefined) opened.adopt(copy, closeSync);
    return [{ ...mount, copy }];
  });
  const path = mountRoot(root, copies);
  const tree = opened.use(isToRead ? treeToRead(path, puts, ids) : treeToChange(path, puts, { isWritable, ids }));
  const closing = opened.move();
  return { tree, [Symbol.dispose]: () => closing.dispose() };
}

function treeToChange(path: string, mounts: readonly PutMount[], { isWritable, ids }: Pick<MountView, 'isWritable' | 'ids'>): FileTree {
  const tree = FileTree.open(path, ids);
  return finished(tree, (fd) => {
    setAttributes(fd, 0, harmless);
    for (const mount of mounts) putMount(tree, fd, { ...mount, isMade: true });
    if (!isWritable) setAttributes(fd, 0, harmless | readOnly);
  });
}

/** Where places of mounts are missing, as in a container that was never started, they are made in a layer that nobody keeps. */
function treeToRead(path: string, mounts: readonly PutMount[], ids: MountView['ids']): FileTree {
  const tree = FileTree.open(path, ids);
  const left: PutMount[] = [];
  finished(tree, (fd) => {
    setAttributes(fd, 0, harmless | readOnly);
    left.push(...mounts.filter((mount) => !isPut(tree, fd, { ...mount, isMade: false })));
  });
  const scratch = left.length === 0 ? undefined : mountScratch(path);
  if (scratch === undefined) return tree;
  tree[Symbol.dispose]();
  const whole = FileTree.open(scratch, ids);
  return finished(whole, (fd) => {
    setAttributes(fd, 0, harmless);
    for (const mount of mounts) isPut(whole, fd, { ...mount, isMade: true });
    setAttributes(fd, 0, harmless | readOnly);
  });
}

/** Closes the tree where the work on its root fails. */
function finished(tree: FileTree, work: (fd: number) => void): FileTree {
  using undo = new DisposableStack();
  undo.use(tree);
  const fd = undo.adopt(tree.openDirectory('.'), closeSync);
  work(fd);
  undo.move();
  closeSync(fd);
  return tree;
}

/** A layer of memory over the view's root; undefined where overlayfs refuses that one, which is one over others already. */
function mountScratch(root: string): string | undefined {
  const [upper, work, target] = ['upper', 'work', 'view'].map((name) => `${scratchPlace}/${name}`) as [string, string, string];
  try {
    checked(libc.mount('gantry', scratchPlace, 'tmpfs', harmless, 'mode=0700'), 'mount', 'tmpfs');
    for (const directory of [upper, work, target]) mkdirSync(directory);
    mountOverlay({ lowers: [root], upper, work, target }, false);
    return target;
  } catch {
    return undefined;
  }
}

/** `/proc/self` would be the main thread. */
function ownMountNamespace(): Disposable {
  const before = openSync('/proc/thread-self/ns/mnt', 'r');
  if (libc.unshare(newMountNamespace) < 0) {
    const failure = systemFailure('unshare', 'mount namespace', errno());
    closeSync(before);
    throw failure;
  }
  return {
    [Symbol.dispose]: () => {
      const isBack = libc.setns(before, newMountNamespace) === 0;
      closeSync(before);
      if (!isBack) throw new NamespaceLost('cannot return to the own mount namespace');
    },
  };
}

/** Where the root of a view lies that is no directory of the host: any directory that every machine has, hidden in this thread alone. */
const viewPlace = '/sys';
const scratchPlace = '/dev';

/** Mounts the root where the answer says. */
function mountRoot(root: MountView['root'], copies: ProcessMounts | undefined): string {
  if (copies) {
    checked(libc.moveMount(copies.root, viewPlace, fromEmptyPath), 'move_mount', viewPlace);
    return viewPlace;
  }
  if (typeof root === 'object' && 'layers' in root) return mountLayers(root);
  if (typeof root !== 'string') throw new Failure('internal', 'a view has the root of a process that was not copied');
  // Flags belong to a mount, and a volume is a directory.
  checked(libc.mount(root, root, null, bind, null), 'bind', root);
  return root;
}

function mountLayers({ layers: [top, ...lowers], work }: ViewLayers): string {
  if (lowers.length === 0) {
    checked(libc.mount(top, viewPlace, null, bind, null), 'bind', top);
    return viewPlace;
  }
  const options = { index: 'off' };
  if (work === undefined) mountOverlay({ lowers: [top, ...lowers], target: viewPlace, options }, false);
  else mountOverlay({ lowers, upper: top, work, target: viewPlace, options }, false);
  return viewPlace;
}

interface PutMount extends ViewMount {
  /** What is mounted, which lies nowhere yet or at its place of another root of the view. */
  readonly copy: number;
}

const missing = ['ENOENT', 'ENOTDIR', 'ELOOP'];

/** Read-only; false: its place is not there. */
function isPut(tree: FileTree, root: number, mount: PutMount & { readonly isMade: boolean }): boolean {
  try {
    putMount(tree, root, { ...mount, isWritable: false });
    return true;
  } catch (thrown) {
    if (!missing.includes(errnoOf(thrown) ?? '')) throw thrown;
    return false;
  }
}

/** `isMade`: the place is made where nothing is there. */
function putMount(tree: FileTree, root: number, mount: PutMount & { readonly isMade: boolean }): void {
  const { copy } = mount;
  setAttributes(copy, mount.isRecursive ? recursive : 0, harmless | (mount.isWritable ? 0 : readOnly));
  const place = openPlace(tree, root, { ...mount, isDirectory: fstatSync(copy).isDirectory() });
  try {
    checked(libc.moveMountOnto(copy, place, ontoDescriptor), 'move_mount', mount.path);
  } finally {
    closeSync(place);
  }
}

/** A copy of what the host has at a source, which lies nowhere yet; undefined: nothing is there, and the view does without. */
function sourceCopy(mount: ViewMount, source: string, isToRead: boolean): number | undefined {
  try {
    return copySource({ ...mount, source });
  } catch (thrown) {
    if (!isToRead || !missing.includes(errnoOf(thrown) ?? '')) throw thrown;
    return undefined;
  }
}

interface Place {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly isMade: boolean;
}

function openPlace(tree: FileTree, root: number, { path, isDirectory, isMade }: Place): number {
  try {
    return openBelow(root, path, 'anyInRoot');
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT' || !isMade) throw thrown;
  }
  const owner = { mode: 0o755, uid: 0, gid: 0 };
  const place = endOfLinks(tree, path);
  if (isDirectory) {
    tree.makeDirectory(place);
    tree.setAttributes(place, owner);
  } else {
    const file = tree.createFile(place);
    file.setAttributes(owner);
    file.close();
  }
  return openBelow(root, path, 'anyInRoot');
}

const mostLinks = 40;

/** Where links lead that end nowhere: they stay, and what is missing is made there. */
function endOfLinks(tree: FileTree, path: string): string {
  let place = path;
  for (let links = 0; links < mostLinks; links++) {
    using look = tree.look(place);
    if (look?.stat.isSymbolicLink() !== true) return place;
    place = posix.resolve('/', posix.dirname(place), look.linkTarget()).slice(1);
  }
  throw new Failure('invalid', `too many links at /${path}`);
}

const setAttributes = (fd: number, flags: number, attributes: number): void => changeMount(fd, flags, { attributes, propagation: 0 });

/** struct mount_attr */
function changeMount(fd: number, flags: number, { attributes, propagation }: { attributes: number; propagation: number }): void {
  const bytes = Buffer.alloc(32);
  bytes.writeBigUInt64LE(BigInt(attributes), 0);
  bytes.writeBigUInt64LE(BigInt(propagation), 16);
  try {
    checked(libc.mountSetattr(fd, emptyPath | flags, bytes), 'mount_setattr', String(fd));
  } catch (cause) {
    throw errnoOf(cause) === 'ENOSYS'
      ? new Failure('unsupported', 'this kernel has no mount_setattr: Linux 5.12 is needed', { cause })
      : cause;
  }
}
