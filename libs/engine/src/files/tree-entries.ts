import { closeSync, readSync } from 'node:fs';
import { Failure } from '@gantry/base';
import { deviceOf, errnoOf, type FileLook, type FileTree, timeOf } from '@gantry/linux/files';
import { readableText, type TarInput, type TarType } from '@gantry/oci/tar';

export interface EntriesRequest {
  /** A path of the tree. */
  readonly path: string;
  /** What the file at that path is called in the archive; undefined: a directory that is left out itself, what is in it has bare names. */
  readonly name: string | undefined;
}

const pieceBytes = 256 * 1024;

/**
 * A file, or a directory with all that is in it, as the entries of a tar: in order of names, second names of a file as hardlinks, times in whole seconds as
 * dockerd writes them, without sockets. What goes away meanwhile is left out; what shrinks is filled up with zeros.
 */
export function treeEntries(tree: FileTree, { path, name }: EntriesRequest): Iterable<TarInput> {
  return new Walk(tree).from(path, name);
}

class Walk {
  readonly #tree: FileTree;
  /** Names in the archive of files with several names, by device and inode. */
  readonly #linked = new Map<string, string>();

  constructor(tree: FileTree) {
    this.#tree = tree;
  }

  /** Without recursion: a tree may be deeper than the stack. */
  *from(path: string, name: string | undefined): Generator<TarInput, void, undefined> {
    const open = [{ path, name, children: yield* this.#children(path, name) }];
    for (let directory = open.at(-1); directory !== undefined; directory = open.at(-1)) {
      const child = directory.children.next().value;
      if (child === undefined) {
        open.pop();
        continue;
      }
      const inner = {
        path: directory.path === '' ? child : `${directory.path}/${child}`,
        name: directory.name === undefined ? child : `${directory.name.replace(/\/$/, '')}/${child}`,
      };
      open.push({ ...inner, children: yield* this.#children(inner.path, inner.name) });
    }
  }

  *#children(path: string, name: string | undefined): Generator<TarInput, ArrayIterator<string | undefined>, undefined> {
    return (yield* this.#itself(path, name)).values();
  }

  /** Answers what is in it. */
  *#itself(path: string, name: string | undefined): Generator<TarInput, readonly string[], undefined> {
    using look = this.#look(path);
    if (look === undefined) return [];
    const entry = name === undefined ? undefined : this.#entry(look, name);
    if (entry !== undefined) yield entry;
    return look.stat.isDirectory() ? look.names().sort() : [];
  }

  /** A running container may take files away, or put others where a directory was, while we walk. */
  #look(path: string): FileLook | undefined {
    try {
      return this.#tree.look(path);
    } catch (thrown) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(thrown) ?? '')) return undefined;
      if (errnoOf(thrown) !== 'ENAMETOOLONG') throw thrown;
      throw new Failure('invalid', `a path is longer than the kernel takes: /${readableText(path.slice(0, 100))}…`, { cause: thrown });
    }
  }

  #entry(look: FileLook, name: string): TarInput | undefined {
    const { stat } = look;
    const type = typeOf(look);
    if (type === undefined) return undefined;
    const common = {
      mode: Number(stat.mode & 0o7777n),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      mtime: { seconds: timeOf(stat).seconds, nanoseconds: 0 },
    };
    if (type === 'directory') return { ...common, type, name: name.endsWith('/') ? name : `${name}/`, xattrs: keptAttributes(look) };
    // overlayfs makes all its whiteouts (devices 0, 0) names of one file.
    const isLinked = stat.nlink > 1n && !(type === 'character' && stat.rdev === 0n);
    const first = isLinked ? this.#firstName(look, name) : undefined;
    if (first !== undefined) return { ...common, type: 'hardlink', name, linkName: first };
    if (type === 'symlink') return { ...common, type, name, linkName: look.linkTarget() };
    if (type === 'file')
      return { ...common, type, name, sizeBytes: Number(stat.size), xattrs: keptAttributes(look), body: contentOf(look) };
    return { ...common, type, name, device: deviceOf(stat) };
  }

  #firstName({ stat }: FileLook, name: string): string | undefined {
    const key = `${stat.dev}:${stat.ino}`;
    const first = this.#linked.get(key);
    if (first === undefined) this.#linked.set(key, name);
    return first;
  }
}

function typeOf({ stat }: FileLook): TarType | undefined {
  if (stat.isDirectory()) return 'directory';
  if (stat.isFile()) return 'file';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isCharacterDevice()) return 'character';
  if (stat.isBlockDevice()) return 'block';
  return stat.isFIFO() ? 'fifo' : undefined;
}

/** Capabilities and what users wrote there; the rest belongs to this host (overlayfs, SELinux). */
function keptAttributes(look: FileLook): Map<string, Uint8Array> {
  return new Map([...look.xattrs()].filter(([name]) => name === 'security.capability' || /^user\.(?!overlay\.)/.test(name)));
}

function* contentOf(look: FileLook): Generator<Uint8Array, void, undefined> {
  const fd = look.open();
  try {
    for (let left = Number(look.stat.size); left > 0;) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, left));
      const size = readSync(fd, piece);
      if (size === 0) piece.fill(0);
      const read = size === 0 ? piece : piece.subarray(0, size);
      left -= read.length;
      yield read;
    }
  } finally {
    closeSync(fd);
  }
}
