import { closeSync, fstatSync, openSync } from 'node:fs';
import { Failure } from '@gantry/base';
import { openBelow } from '../files/file-calls.ts';
import { FileTree } from '../files/file-tree.ts';
import { NamespaceLost } from '../namespaces/network-namespaces.ts';
import { checked, errno, libc } from '../system/libc.ts';
import { errnoOf, systemFailure } from '../system/system-failure.ts';

export interface ViewMount {
  /** A path of the host. */
  readonly source: string;
  /** What lies below the source instead (a byte string), found without leaving it; links are followed inside. */
  readonly within?: string;
  /** Where it lies below the root (a `treePath`); links are followed inside the root, and what is missing is made. */
  readonly path: string;
  readonly isWritable: boolean;
  /** With what is mounted below the source. */
  readonly isRecursive: boolean;
}

/** A directory with other directories and files mounted into it. */
export interface MountView {
  readonly root: string;
  readonly isWritable: boolean;
  readonly mounts: readonly ViewMount[];
}

const newMountNamespace = 0x0002_0000;
const bind = 0x1000;
const recursivePrivate = 0x4000 | 0x4_0000;
const openTreeClone = 0x1;
const closeOnExec = 0o2000000;
const recursive = 0x8000;
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
export function enterMountView({ root, isWritable, mounts }: MountView): EnteredView {
  using opened = new DisposableStack();
  opened.use(ownMountNamespace());
  checked(libc.mount('none', '/', null, recursivePrivate, null), 'make rprivate', '/');
  // Flags belong to a mount, and a volume is a directory.
  checked(libc.mount(root, root, null, bind, null), 'bind', root);
  const tree = opened.use(FileTree.open(root));
  const fd = tree.openDirectory('.');
  try {
    setAttributes(fd, 0, harmless);
    for (const mount of mounts) putMount(tree, fd, mount);
    if (!isWritable) setAttributes(fd, 0, harmless | readOnly);
  } finally {
    closeSync(fd);
  }
  const closing = opened.move();
  return { tree, [Symbol.dispose]: () => closing.dispose() };
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

function putMount(tree: FileTree, root: number, mount: ViewMount): void {
  const rest = mount.isRecursive ? recursive : 0;
  const copy = openCopy(mount, openTreeClone | closeOnExec | rest);
  try {
    setAttributes(copy, rest, harmless | (mount.isWritable ? 0 : readOnly));
    const place = openPlace(tree, root, { ...mount, isDirectory: fstatSync(copy).isDirectory() });
    try {
      checked(libc.moveMountOnto(copy, place, ontoDescriptor), 'move_mount', mount.path);
    } finally {
      closeSync(place);
    }
  } finally {
    closeSync(copy);
  }
}

function openCopy({ source, within }: ViewMount, flags: number): number {
  if (within === undefined) return checked(libc.openTree(source, flags), 'open_tree', source);
  using tree = FileTree.open(source);
  const directory = tree.openDirectory('.');
  try {
    const fd = openBelow(directory, within, 'anyInRoot');
    try {
      return checked(libc.openTree(`/proc/self/fd/${fd}`, flags), 'open_tree', source);
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(directory);
  }
}

function openPlace(tree: FileTree, root: number, { path, isDirectory }: ViewMount & { readonly isDirectory: boolean }): number {
  try {
    return openBelow(root, path, 'anyInRoot');
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw thrown;
  }
  const owner = { mode: 0o755, uid: 0, gid: 0 };
  if (isDirectory) {
    tree.makeDirectory(path);
    tree.setAttributes(path, owner);
  } else {
    const file = tree.createFile(path);
    file.setAttributes(owner);
    file.close();
  }
  return openBelow(root, path, 'anyInRoot');
}

/** struct mount_attr */
function setAttributes(fd: number, flags: number, attributes: number): void {
  const bytes = Buffer.alloc(32);
  bytes.writeBigUInt64LE(BigInt(attributes), 0);
  try {
    checked(libc.mountSetattr(fd, emptyPath | flags, bytes), 'mount_setattr', String(fd));
  } catch (cause) {
    throw errnoOf(cause) === 'ENOSYS'
      ? new Failure('unsupported', 'this kernel has no mount_setattr: Linux 5.12 is needed', { cause })
      : cause;
  }
}
