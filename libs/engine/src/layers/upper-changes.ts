import type { BigIntStats } from 'node:fs';
import { errnoOf, type FileLook, FileTree } from '@gantry/linux/files';
import { readableText } from '@gantry/oci/tar';
import { isMarkedOpaque } from './pack-layer.ts';

/** A path that a container changed, as `GET /containers/{id}/changes` tells it: 0 modified, 1 added, 2 deleted. */
export interface UpperChange {
  readonly Path: string;
  readonly Kind: 0 | 1 | 2;
}

export interface ChangesWork {
  readonly kind: 'changes';
  /** The container's own directory of an overlay. */
  readonly upper: string;
  /** Topmost first. */
  readonly lowers: readonly string[];
}

/**
 * What a container changed, sorted by path, by moby's rules (archive changes.go): what is hidden and not there any more is deleted (a directory as one), what
 * was there before is modified, and so is each directory on the way to a change. A container that runs may change more meanwhile. Blocks: for a worker thread.
 */
export function upperChanges({ upper, lowers }: ChangesWork): UpperChange[] {
  using opened = new DisposableStack();
  const open = (path: string): FileTree => opened.use(FileTree.open(path));
  const walk = new ChangesWalk(open(upper));
  walk.directory('', lowers.map(open));
  return walk.changes.sort((one, other) => (one.Path < other.Path ? -1 : 1));
}

class ChangesWalk {
  readonly changes: UpperChange[] = [];
  readonly #upper: FileTree;

  constructor(upper: FileTree) {
    this.#upper = upper;
  }

  /** `below`: the layers in which a directory of that path was seen, topmost first. Answers whether something in it changed. */
  directory(path: string, below: readonly FileTree[]): boolean {
    const names = namesIn(this.#upper, path);
    const changed = names.filter((name) => this.#entry(joined(path, name), below));
    const isOpaque = below.length > 0 && hasOpaqueMark(this.#upper, path);
    const hidden = isOpaque ? namesBelow(below, path).filter((name) => !names.includes(name)) : [];
    for (const name of hidden) this.#add(joined(path, name), 2);
    return changed.length + hidden.length > 0;
  }

  #entry(path: string, below: readonly FileTree[]): boolean {
    using look = lookAt(this.#upper, path);
    if (look === undefined) return false;
    const before = beforeAt(below, path);
    if (isWhiteout(look.stat)) return before.stat !== undefined && this.#add(path, 2);
    const isChangedInside = look.stat.isDirectory() && this.directory(path, before.directories);
    if (before.stat === undefined) return this.#add(path, 1);
    return isChangedInside || !isSameDirectory(look.stat, before.stat) ? this.#add(path, 0) : false;
  }

  #add(path: string, Kind: UpperChange['Kind']): true {
    this.changes.push({ Path: `/${readableText(path)}`, Kind });
    return true;
  }
}

interface Before {
  /** Undefined: nothing was there. */
  readonly stat: BigIntStats | undefined;
  /** Where it was a directory: the layers that have a part of it. */
  readonly directories: readonly FileTree[];
}

/** What overlayfs shows of the layers: a whiteout or an opaque directory hides those further down, and so does what is no directory. */
function beforeAt(layers: readonly FileTree[], path: string): Before {
  const directories: FileTree[] = [];
  let first: BigIntStats | undefined;
  for (const layer of layers) {
    using look = lookAt(layer, path);
    if (look === undefined) continue;
    if (isWhiteout(look.stat)) break;
    if (!look.stat.isDirectory()) {
      first ??= look.stat;
      break;
    }
    first ??= look.stat;
    directories.push(layer);
    if (isMarkedOpaque(look)) break;
  }
  return { stat: first, directories: first?.isDirectory() === true ? directories : [] };
}

function namesBelow(layers: readonly FileTree[], path: string): string[] {
  const names = new Set(layers.flatMap((layer) => namesIn(layer, path)));
  return [...names].filter((name) => beforeAt(layers, joined(path, name)).stat !== undefined);
}

function namesIn(tree: FileTree, path: string): string[] {
  using look = lookAt(tree, path);
  return look?.stat.isDirectory() === true ? look.names() : [];
}

/** The container may run and take a file away while we look. */
function lookAt(tree: FileTree, path: string): FileLook | undefined {
  try {
    return tree.look(path);
  } catch (thrown) {
    if (['ENOTDIR', 'ELOOP'].includes(errnoOf(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

function hasOpaqueMark(tree: FileTree, path: string): boolean {
  using look = lookAt(tree, path);
  return look !== undefined && isMarkedOpaque(look);
}

const isWhiteout = (stat: BigIntStats): boolean => stat.isCharacterDevice() && stat.rdev === 0n;

/** A directory that overlayfs copied up for what is in it is as it was. */
const isSameDirectory = (one: BigIntStats, other: BigIntStats): boolean =>
  one.isDirectory() && other.isDirectory() && one.mode === other.mode && one.mtimeNs === other.mtimeNs;

const joined = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`);
