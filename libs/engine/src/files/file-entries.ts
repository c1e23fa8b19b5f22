import type { FileEntry, FilePage } from '@gantry/engine-api';
import { type FileLook, type FileTree, namesIn } from '@gantry/linux/files';
import { byteText, readableText } from '@gantry/oci/tar';

/** What a file is, by its name in its directory (a byte string). */
export function fileEntry(look: FileLook, name: string): FileEntry {
  const { stat } = look;
  const shown = readableText(name);
  return {
    name: shown,
    type: typeOf(look),
    sizeBytes: Number(stat.size),
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    modifiedAtMs: Number(stat.mtimeNs / 1_000_000n),
    ...(stat.isSymbolicLink() && { linkTarget: readableText(look.linkTarget()) }),
    etag: etagOf(look),
    ...(byteText(shown) !== name && { hasUnreadableName: true }),
  };
}

/**
 * The kernel sets the time of the last change of content or attributes itself. Without the device: layers that are put together for one request have another
 * one each time.
 */
export const etagOf = ({ stat }: FileLook): string =>
  `"${[stat.ino, stat.size, stat.ctimeNs].map((number) => number.toString(36)).join('-')}"`;

function typeOf({ stat }: FileLook): FileEntry['type'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isSocket()) return 'socket';
  return stat.isBlockDevice() ? 'block' : 'character';
}

export interface PageRequest {
  /** A directory of the tree. */
  readonly path: string;
  /** The last name of the page before; '' for the first page. */
  readonly after: string;
  readonly limit: number;
}

/** A page of a directory. However many names it has, no more than a few pages of them are held. */
export function filePage(tree: FileTree, fd: number, { path, after, limit }: PageRequest): FilePage {
  const names = smallestNames(namesIn(fd), after, limit + 1);
  const shown = names.slice(0, limit);
  const entries = shown.flatMap((name) => {
    using look = tree.look(path === '' ? name : `${path}/${name}`);
    return look === undefined ? [] : [fileEntry(look, name)]; // it went away meanwhile
  });
  const last = shown.at(-1);
  return { entries, ...(names.length > limit && last !== undefined && { next: cursorOf(last) }) };
}

export const cursorOf = (name: string): string => Buffer.from(name, 'latin1').toString('base64url');
export const nameOfCursor = (cursor: string): string => Buffer.from(cursor, 'base64url').toString('latin1');

function smallestNames(names: Iterable<string>, after: string, count: number): string[] {
  let kept: string[] = [];
  let largest: string | undefined;
  for (const name of names) {
    if (name <= after || (largest !== undefined && name > largest)) continue;
    kept.push(name);
    if (kept.length < 4 * count) continue;
    kept = kept.sort(byBytes).slice(0, count);
    largest = kept.at(-1);
  }
  return kept.sort(byBytes).slice(0, count);
}

const byBytes = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
