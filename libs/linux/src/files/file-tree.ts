import { closeSync, constants, fstatSync, openSync, readdirSync, type Stats } from 'node:fs';
import { Failure } from '@gantry/base';
import { errnoOf } from '../system/system-failure.ts';
import {
  changeOwner,
  changeTime,
  createBelow,
  linkAt,
  makeDirectoryAt,
  makeNodeAt,
  openBelow,
  renameAt,
  setAttribute,
  symlinkAt,
  syncFileSystem,
  type Time,
  unlinkAt,
} from './file-calls.ts';
import { applyAttributes, type FileAttributes, FileLook, NewFile } from './file-handles.ts';
import { hostOwner, hostRoot, type IdMapping, type Owner } from './id-mapping.ts';
import { removeBelow } from './remove-below.ts';
import { splitPath } from './tree-path.ts';

/** A device or fifo; the character device 0, 0 is an overlay's whiteout. */
export interface FileNode {
  readonly type: 'character' | 'block' | 'fifo';
  readonly device: { readonly major: number; readonly minor: number };
}

const mostOpenDirectories = 32;

/**
 * Makes and removes files below one directory and nowhere else, whatever links lie there and whoever swaps them meanwhile: each walk is one
 * openat2 that the kernel keeps inside (a link to `/x` leads to `x` below the root), and the last step never follows a link.
 * Paths are those of `treePath`. All calls block: for a worker thread. Failures carry `details.errno`. With the ids of a user namespace, owners
 * are told and given as they are in it.
 */
export class FileTree implements Disposable {
  readonly #root: number;
  readonly #ids: IdMapping | undefined;
  /** By path; least recently used first. */
  readonly #directories = new Map<string, number>();

  private constructor(root: number, ids: IdMapping | undefined) {
    this.#root = root;
    this.#ids = ids;
  }

  /** Fails with `not-found` where there is no such directory and `unsupported` where the kernel has no openat2. */
  static open(root: string, ids?: IdMapping): FileTree {
    const fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const tree = new FileTree(fd, ids);
    try {
      closeSync(openBelow(fd, '.', 'directoryInRoot'));
    } catch (cause) {
      tree[Symbol.dispose]();
      throw errnoOf(cause) === 'ENOSYS' ? new Failure('unsupported', 'this kernel has no openat2: Linux 5.6 is needed', { cause }) : cause;
    }
    return tree;
  }

  /** What lies there itself; undefined where nothing does. */
  stat(path: string): Stats | undefined {
    try {
      return this.#withItself(path, (fd) => fstatSync(fd));
    } catch (failure) {
      if (errnoOf(failure) === 'ENOENT' || errnoOf(failure) === 'ENOTDIR') return undefined;
      throw failure;
    }
  }

  /** One file as it is at one moment, to be read; undefined where nothing lies there. The last step follows no link. */
  look(path: string): FileLook | undefined {
    const { parent, name } = splitPath(path);
    try {
      return new FileLook(openBelow(this.#directory(parent, 'find'), name, 'itself'), this.#ids);
    } catch (failure) {
      if (errnoOf(failure) === 'ENOENT') return undefined;
      throw failure;
    }
  }

  /** What is in a directory. */
  names(path: string): string[] {
    const fd = this.openDirectory(path === '' ? '.' : path);
    try {
      return readdirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1' });
    } finally {
      closeSync(fd);
    }
  }

  /** A descriptor of a directory to read, which the caller closes; links on the way, the last one too, are followed inside the root. */
  openDirectory(path: string): number {
    return openBelow(this.#root, path, 'directoryInRootToList');
  }

  /** Fails with `invalid` in dockerd's words for an owner that the user namespace does not have. */
  checkOwner(owner: Owner): void {
    if (this.#ids !== undefined) hostOwner(this.#ids, owner);
  }

  /** A directory that is there stays with what is in it; anything else in its place goes. Answers what was there before. */
  makeDirectory(path: string): 'made' | 'was-there' {
    const { parent, name } = splitPath(path);
    const directory = this.#directory(parent, 'make');
    if (!this.#made(() => makeDirectoryAt(directory, name))) {
      if (this.stat(path)?.isDirectory() === true) return 'was-there';
      this.remove(path);
      makeDirectoryAt(this.#directory(parent, 'make'), name);
    }
    this.#giveToRoot(path);
    return 'made';
  }

  /** A new directory of mode 0700. Fails with EEXIST where anything is there and ENOENT where its parent is not. */
  createDirectory(path: string): void {
    const { parent, name } = splitPath(path);
    makeDirectoryAt(this.#directory(parent, 'find'), name);
    this.#giveToRoot(path);
  }

  /** An empty file open for writing, in place of whatever was there; of `mode` it has what the process's mask and its directory leave. */
  createFile(path: string, mode = 0o600): NewFile {
    return new NewFile(
      this.#replacing(path, (directory, name) => createBelow(directory, name, mode & 0o777)),
      this.#ids,
      true,
    );
  }

  makeSymlink(path: string, target: string): void {
    this.#replacing(path, (directory, name) => symlinkAt(directory, name, target));
    this.#giveToRoot(path);
  }

  makeNode(path: string, node: FileNode): void {
    this.#replacing(path, (directory, name) => makeNodeAt(directory, name, node));
    this.#giveToRoot(path);
  }

  /** A second name for what lies at `target` itself. Fails with `not-found` where nothing does. */
  makeHardlink(path: string, target: string): void {
    const from = splitPath(target);
    if (path === target) return;
    this.#withItself(target, () => undefined);
    this.#replacing(path, (directory, name) =>
      linkAt({ directory: this.#directory(from.parent, 'find'), name: from.name }, { directory, name }),
    );
  }

  /** Owner before mode and attributes, since changing it clears set-id bits and capabilities; times last. */
  setAttributes(path: string, attributes: FileAttributes): void {
    this.#withItself(path, (fd) => applyAttributes(fd, attributes, { ids: this.#ids, isNew: false }));
  }

  /** One attribute that must be there. */
  setAttribute(path: string, name: string, value: Uint8Array): void {
    this.#withItself(path, (fd) => setAttribute(fd, name, value));
  }

  setTime(path: string, time: Time): void {
    this.#withItself(path, (fd) => changeTime(fd, time));
  }

  /** What lies there itself gets another place; `replaces`: instead of what is there, which else is EEXIST. Parents have to exist. */
  move(path: string, to: string, replaces: boolean): void {
    const [from, into] = [splitPath(path), splitPath(to)];
    const source = { directory: this.#directory(from.parent, 'find'), name: from.name };
    renameAt(source, { directory: this.#directory(into.parent, 'find'), name: into.name }, replaces);
    this.#forgetDirectories();
  }

  /** Anything but a directory that has something in it. */
  removeOne(path: string): void {
    const { parent, name } = splitPath(path);
    const kind = this.stat(path)?.isDirectory() === true ? 'directory' : 'other';
    this.#forgetDirectories();
    unlinkAt(this.#directory(parent, 'find'), name, kind);
  }

  /** With all that is in it; nothing there is no error. `onEntry` is called for each entry and ends the work by what it throws. */
  remove(path: string, onEntry?: () => void): void {
    const { parent, name } = splitPath(path);
    this.#forgetDirectories();
    try {
      removeBelow(this.#directory(parent, 'find'), name, onEntry);
    } catch (failure) {
      if (errnoOf(failure) !== 'ENOENT' && errnoOf(failure) !== 'ENOTDIR') throw failure;
    }
  }

  /** All that was written is on the disk afterwards. */
  sync(): void {
    syncFileSystem(this.#root);
  }

  [Symbol.dispose](): void {
    this.#forgetDirectories();
    closeSync(this.#root);
  }

  /** What is made belongs to the host's root, whom a user namespace does not know and shows as nobody. */
  #giveToRoot(path: string): void {
    if (this.#ids === undefined) return;
    const { uid, gid } = hostRoot(this.#ids);
    this.#withItself(path, (fd) => changeOwner(fd, uid, gid));
  }

  #made(make: () => void): boolean {
    try {
      make();
      return true;
    } catch (failure) {
      if (errnoOf(failure) === 'EEXIST') return false;
      throw failure;
    }
  }

  #replacing<T>(path: string, make: (directory: number, name: string) => T): T {
    const { parent, name } = splitPath(path);
    if (path === '') throw new Failure('invalid', 'the root of a tree can only be a directory');
    try {
      return make(this.#directory(parent, 'make'), name);
    } catch (failure) {
      if (errnoOf(failure) !== 'EEXIST') throw failure;
    }
    this.remove(path);
    return make(this.#directory(parent, 'make'), name);
  }

  #withItself<T>(path: string, use: (fd: number) => T): T {
    const { parent, name } = splitPath(path);
    const fd = openBelow(this.#directory(parent, 'find'), name, 'itself');
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }

  #directory(path: string, missing: 'make' | 'find'): number {
    if (path === '') return this.#root;
    const known = this.#directories.get(path);
    if (known !== undefined) {
      this.#directories.delete(path);
      this.#directories.set(path, known);
      return known;
    }
    const fd = this.#walkTo(path, missing);
    this.#directories.set(path, fd);
    const oldest = this.#directories.entries().next().value;
    if (oldest !== undefined && this.#directories.size > mostOpenDirectories) {
      this.#directories.delete(oldest[0]);
      closeSync(oldest[1]);
    }
    return fd;
  }

  #walkTo(path: string, missing: 'make' | 'find'): number {
    try {
      return openBelow(this.#root, path, 'directoryInRoot');
    } catch (failure) {
      if (missing === 'find' || errnoOf(failure) !== 'ENOENT') throw failure;
    }
    const { parent, name } = splitPath(path);
    const directory = this.#directory(parent, 'make');
    if (this.#made(() => makeDirectoryAt(directory, name))) {
      this.setAttributes(path, { mode: 0o755, uid: 0, gid: 0 });
    }
    return openBelow(this.#root, path, 'directoryInRoot');
  }

  #forgetDirectories(): void {
    for (const fd of this.#directories.values()) closeSync(fd);
    this.#directories.clear();
  }
}
