import { closeSync, fstatSync, readdirSync, readSync, type BigIntStats } from 'node:fs';
import { Failure } from '@gantry/base';
import { errnoOf } from '../system/system-failure.ts';
import { attributesOf, linkTarget, openBelow } from './file-calls.ts';
import { deviceOf, timeOf } from './file-stats.ts';
import type { FileAttributes } from './file-handles.ts';
import { FileTree } from './file-tree.ts';

export interface TreeCopy {
  /** The root that links in it are resolved against, and the directory below it whose content is copied (a `treePath`). */
  readonly root: string;
  readonly path: string;
  readonly target: string;
}

const pieceBytes = 256 * 1024;

/**
 * Copies what is in a directory (links that lead to it are followed inside the root) with owners, modes, times, attributes and hardlinks, and gives the
 * target the owner and mode of that directory. Sockets are left out. False where nothing is there, or the target is not empty:
 * then nothing is done. Fails with `invalid` where it is no directory. Blocks: for a worker thread.
 */
export function copyTree({ root, path, target }: TreeCopy): boolean {
  using from = FileTree.open(root);
  using to = FileTree.open(target);
  if (to.names('').length > 0) return false;
  const source = openSource(from, path);
  if (source === undefined) return false;
  try {
    new Copy(to).directory(source, '');
    to.sync();
    return true;
  } finally {
    closeSync(source);
  }
}

function openSource(from: FileTree, path: string): number | undefined {
  try {
    return from.openDirectory(path === '' ? '.' : path);
  } catch (failure) {
    if (['ENOENT', 'ELOOP'].includes(errnoOf(failure) ?? '')) return undefined;
    if (errnoOf(failure) === 'ENOTDIR') throw new Failure('invalid', `source /${path} is not directory`, { cause: failure });
    throw failure;
  }
}

class Copy {
  readonly #to: FileTree;
  /** Files with several names, by device and inode. */
  readonly #linked = new Map<string, string>();

  constructor(to: FileTree) {
    this.#to = to;
  }

  directory(fd: number, path: string): void {
    for (const name of readdirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1' })) {
      this.#entry({ directory: fd, name }, path === '' ? name : `${path}/${name}`);
    }
    this.#to.setAttributes(path, attributes(fd, fstatSync(fd, { bigint: true })));
  }

  #entry({ directory, name }: { directory: number; name: string }, path: string): void {
    const itself = openBelow(directory, name, 'itself');
    try {
      const stat = fstatSync(itself, { bigint: true });
      const key = `${stat.dev}:${stat.ino}`;
      const first = stat.isDirectory() || stat.nlink === 1n ? undefined : this.#linked.get(key);
      if (first !== undefined) return this.#to.makeHardlink(path, first);
      this.#linked.set(key, path);
      if (stat.isDirectory()) return this.#subdirectory({ directory, name }, path);
      if (stat.isFile()) return this.#file({ directory, name }, path);
      this.#special(itself, { path, stat });
    } finally {
      closeSync(itself);
    }
  }

  #subdirectory({ directory, name }: { directory: number; name: string }, path: string): void {
    const fd = openBelow(directory, name, 'directoryToList');
    try {
      this.#to.makeDirectory(path);
      this.directory(fd, path);
    } finally {
      closeSync(fd);
    }
  }

  #file({ directory, name }: { directory: number; name: string }, path: string): void {
    const fd = openBelow(directory, name, 'fileToRead');
    const file = this.#to.createFile(path);
    try {
      const piece = Buffer.allocUnsafe(pieceBytes);
      for (let size = readSync(fd, piece); size > 0; size = readSync(fd, piece)) file.write(piece.subarray(0, size));
      file.setAttributes(attributes(fd, fstatSync(fd, { bigint: true })));
    } finally {
      file.close();
      closeSync(fd);
    }
  }

  #special(itself: number, { path, stat }: { path: string; stat: BigIntStats }): void {
    const owner = { uid: Number(stat.uid), gid: Number(stat.gid), mtime: timeOf(stat) };
    if (stat.isSymbolicLink()) {
      this.#to.makeSymlink(path, linkTarget(itself));
      return this.#to.setAttributes(path, owner);
    }
    const type = stat.isFIFO() ? 'fifo' : stat.isCharacterDevice() ? 'character' : stat.isBlockDevice() ? 'block' : undefined;
    if (type === undefined) return;
    this.#to.makeNode(path, { type, device: deviceOf(stat) });
    this.#to.setAttributes(path, { ...owner, mode: Number(stat.mode & 0o7777n) });
  }
}

function attributes(fd: number, stat: BigIntStats): FileAttributes {
  const xattrs = new Map([...attributesOf(fd)].filter(([name]) => !name.startsWith('trusted.overlay.')));
  return { mode: Number(stat.mode & 0o7777n), uid: Number(stat.uid), gid: Number(stat.gid), mtime: timeOf(stat), xattrs };
}
