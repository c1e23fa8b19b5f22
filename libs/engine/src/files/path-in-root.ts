import { posix } from 'node:path';
import { Failure } from '@gantry/base';
import { errnoOf, type FileLook, type FileTree } from '@gantry/linux/files';
import { byteText } from '@gantry/oci/tar';

const mostLinks = 255;

/** A path of a request as dockerd takes it: absolute, clean, and with the `/` or `/.` at its end kept, which says "the directory itself". */
export function absolutePath(path: string): string {
  const clean = posix.normalize(`/${path}`).replace(/(.)\/+$/, '$1');
  if (baseName(path) === '.' && baseName(clean) !== '.') return `${clean === '/' ? '' : clean}/.`;
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean;
}

/** Go's filepath.Base. */
export function baseName(path: string): string {
  if (path === '') return '.';
  const bare = path.replace(/\/+$/, '');
  return bare === '' ? '/' : bare.slice(bare.lastIndexOf('/') + 1);
}

/**
 * Where a path leads when the tree is `/`: each link on the way and the last one are followed, and what does not exist stays as it is written
 * (moby's FollowSymlinkInScope). A path of the tree, '' for its root. Fails with `invalid` where something on the way is no directory.
 */
export function followed(tree: FileTree, path: string): string {
  const done: string[] = [];
  let links = 0;
  for (let rest = path.split('/'); rest.length > 0;) {
    const [part = '', ...after] = rest;
    rest = after;
    if (part === '..') done.pop();
    if (part === '' || part === '.' || part === '..') continue;
    done.push(part);
    const target = linkAt(tree, done.join('/'));
    if (target === undefined) continue;
    if (++links > mostLinks) throw new Failure('invalid', `too many links in ${path}`);
    if (target.startsWith('/')) done.length = 0;
    else done.pop();
    rest = [...target.split('/'), ...rest];
  }
  return done.join('/');
}

/** What a path of a request is about itself: the links of its directory are followed, its own is not. */
export function placeOf(tree: FileTree, path: string): string {
  const bytes = byteText(path).replace(/\/+$/, '');
  const slash = bytes.lastIndexOf('/');
  const name = bytes.slice(slash + 1);
  if (name === '' || name === '.' || name === '..') return followed(tree, bytes);
  const parent = followed(tree, bytes.slice(0, Math.max(slash, 0)));
  return parent === '' ? name : `${parent}/${name}`;
}

function linkAt(tree: FileTree, path: string): string | undefined {
  using look = lookAt(tree, path);
  return look?.stat.isSymbolicLink() === true ? look.linkTarget() : undefined;
}

/** What lies at a path of the tree itself. */
export function lookAt(tree: FileTree, path: string): FileLook | undefined {
  try {
    return tree.look(path);
  } catch (cause) {
    throw errnoOf(cause) === 'ENOTDIR' ? notDirectory(`/${path}`, cause) : cause;
  }
}

/** In the words of Go, that dockerd passes on. */
export function notDirectory(path: string, cause?: unknown): Failure {
  return new Failure('invalid', `lstat ${path}: not a directory`, { cause });
}

/** What a request means: links are followed up to the last part, and that one too where the path ends in `/` or `/.`. */
export interface FoundFile extends Disposable {
  /** A path of the tree. */
  readonly path: string;
  readonly absolute: string;
  readonly look: FileLook;
}

/** Undefined where nothing is there. */
export function findFile(tree: FileTree, path: string): FoundFile | undefined {
  const absolute = absolutePath(path);
  const slash = absolute.lastIndexOf('/');
  const base = absolute.slice(slash + 1);
  const directory = followed(tree, absolute.slice(0, slash));
  const isDirectory = base === '' || base === '.';
  const found = isDirectory ? directory : directory === '' ? base : `${directory}/${base}`;
  const look = lookAt(tree, found);
  if (look === undefined) return undefined;
  if (isDirectory && !look.stat.isDirectory()) {
    look[Symbol.dispose]();
    throw notDirectory(absolute);
  }
  return { path: found, absolute, look, [Symbol.dispose]: () => look[Symbol.dispose]() };
}
