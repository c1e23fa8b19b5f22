import { randomBytes } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { Failure } from '@gantry/base';
import type { FileEntry, FilePage } from '@gantry/engine-api';
import { errnoOf, type FileAttributes, type FileLook, type FileTree, type NewFile } from '@gantry/linux/files';
import { byteText } from '@gantry/oci/tar';
import { type ByteRange, partOf, type WantedRange } from './byte-range.ts';
import { etagOf, fileEntry, filePage } from './file-entries.ts';
import { followed, placeOf } from './path-in-root.ts';

/** Permissions and owner; what is left out is as it was, or root's. */
export interface GivenAttributes {
  readonly mode: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

export interface WriteRequest {
  readonly kind: 'write';
  readonly path: string;
  readonly attributes: GivenAttributes;
  readonly mostBytes: number;
  /** The etag that has to be there still; `*`: any file. */
  readonly ifMatch: string | undefined;
  /** Nothing may be there. */
  readonly isNew: boolean;
}

/** One thing done to files of a container or volume. Paths are text of a request, absolute in its root. */
export type FileTask =
  | { readonly kind: 'list'; readonly path: string; readonly after: string; readonly limit: number }
  | { readonly kind: 'look'; readonly path: string }
  | { readonly kind: 'read'; readonly path: string; readonly range: WantedRange | undefined; readonly ifRange: string | undefined }
  | WriteRequest
  | { readonly kind: 'makeDirectory'; readonly path: string; readonly attributes: GivenAttributes; readonly hasParents: boolean }
  | { readonly kind: 'move'; readonly from: string; readonly to: string; readonly replaces: boolean }
  | { readonly kind: 'change'; readonly path: string; readonly attributes: GivenAttributes }
  | { readonly kind: 'remove'; readonly path: string; readonly isRecursive: boolean };

/** What a task says before its bytes. */
export interface FileHead {
  readonly entry?: FileEntry;
  readonly page?: FilePage;
  /** The part that follows; none of a range that the file does not have. */
  readonly part?: ByteRange | 'unsatisfiable';
}

export interface FileStreams {
  readonly input: AsyncIterable<Uint8Array>;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly tell: (head: FileHead) => void;
  /** Called on the way through many files; throws where the task is given up. */
  readonly onEntry: () => void;
}

const pieceBytes = 256 * 1024;

/** Does one task. Links on the way lead to where they would with the tree as `/`; those that a task is about are not followed, except to list, read and write. */
export async function runFileTask(tree: FileTree, task: FileTask, streams: FileStreams): Promise<void> {
  try {
    await work(tree, task, streams);
  } catch (thrown) {
    throw explained(thrown, task);
  }
}

async function work(tree: FileTree, task: FileTask, streams: FileStreams): Promise<void> {
  switch (task.kind) {
    case 'list':
      return streams.tell({ page: list(tree, task) });
    case 'look':
      return streams.tell({ entry: entryAt(tree, placeOf(tree, task.path)) });
    case 'read':
      return await read(tree, task, streams);
    case 'write':
      return streams.tell({ entry: await write(tree, task, streams.input) });
    case 'makeDirectory':
      return streams.tell({ entry: makeDirectory(tree, task) });
    case 'move':
      return streams.tell({ entry: move(tree, task) });
    case 'change':
      return streams.tell({ entry: change(tree, placeOf(tree, task.path), task.attributes) });
    case 'remove':
      return remove(tree, task, streams);
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function lookAt(tree: FileTree, path: string): FileLook {
  const look = tree.look(path);
  if (look === undefined) throw noSuchFile(path);
  return look;
}

const shown = (path: string): string => `/${Buffer.from(path, 'latin1').toString('utf8')}`;
const noSuchFile = (path: string): Failure => new Failure('not-found', `no such file or directory: ${shown(path)}`);

function entryAt(tree: FileTree, path: string): FileEntry {
  using look = lookAt(tree, path);
  return fileEntry(look, nameOf(path));
}

function list(tree: FileTree, { path, after, limit }: Extract<FileTask, { kind: 'list' }>): FilePage {
  const directory = followed(tree, byteText(path));
  const fd = tree.openDirectory(directory === '' ? '.' : directory);
  try {
    return filePage(tree, fd, { path: directory, after, limit });
  } finally {
    closeSync(fd);
  }
}

async function read(tree: FileTree, task: Extract<FileTask, { kind: 'read' }>, { tell, write: send }: FileStreams): Promise<void> {
  const path = followed(tree, byteText(task.path));
  using look = lookAt(tree, path);
  checkRegular(look, path);
  const entry = fileEntry(look, nameOf(path));
  const isWanted = task.range !== undefined && (task.ifRange === undefined || task.ifRange === entry.etag);
  const part = isWanted ? partOf(task.range, entry.sizeBytes) : undefined;
  tell({ entry, ...(part !== undefined && { part }) });
  if (part === 'unsatisfiable') return;
  const fd = look.open();
  try {
    const piece = Buffer.allocUnsafe(pieceBytes);
    const [start, end] = part ? [part.start, part.end] : [0, entry.sizeBytes];
    for (let at = start; at < end;) {
      const size = readSync(fd, piece, 0, Math.min(pieceBytes, end - at), at);
      if (size === 0) throw new Failure('conflict', `${shown(path)} became shorter while it was read`);
      at += size;
      await send(piece.subarray(0, size));
    }
  } finally {
    closeSync(fd);
  }
}

function checkRegular({ stat }: FileLook, path: string): void {
  if (stat.isDirectory()) throw new Failure('invalid', `is a directory: ${shown(path)}`);
  if (!stat.isFile()) throw new Failure('invalid', `is no regular file: ${shown(path)}`);
}

/** Beside the old file under a name of its own, then in its place at once: whoever reads sees the old content or the new. */
async function write(tree: FileTree, task: WriteRequest, input: AsyncIterable<Uint8Array>): Promise<FileEntry> {
  const path = followed(tree, byteText(task.path));
  if (path === '') throw new Failure('invalid', 'is a directory: /');
  using before = tree.look(path);
  if (before) checkRegular(before, path);
  checkCondition(task, before, path);
  const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
  lookAt(tree, parent)[Symbol.dispose]();
  const temporary = `${parent === '' ? '' : `${parent}/`}.gantry-${randomBytes(8).toString('hex')}`;
  const file = tree.createFile(temporary);
  try {
    try {
      await fill(file, input, task);
      file.setAttributes(attributesOf(task.attributes, before));
      file.sync();
    } finally {
      file.close();
    }
    {
      using now = tree.look(path);
      checkCondition(task, now, path);
    }
    putInPlace(tree, { temporary, path, isNew: task.isNew });
  } finally {
    tree.remove(temporary);
  }
  return entryAt(tree, path);
}

function checkCondition({ ifMatch, isNew }: WriteRequest, look: FileLook | undefined, path: string): void {
  if (isNew && look) throw new Failure('precondition', `${shown(path)} exists`);
  if (ifMatch === undefined) return;
  if (!look) throw new Failure('precondition', `${shown(path)} does not exist any more`);
  if (ifMatch !== '*' && ifMatch !== etagOf(look)) throw new Failure('precondition', `${shown(path)} has been changed meanwhile`);
}

async function fill(file: NewFile, input: AsyncIterable<Uint8Array>, { mostBytes, path }: WriteRequest): Promise<void> {
  let sizeBytes = 0;
  for await (const bytes of input) {
    sizeBytes += bytes.length;
    if (sizeBytes > mostBytes) throw new Failure('exhausted', `what is written to ${path} has more than ${mostBytes} bytes`);
    file.write(bytes);
  }
}

/** Set-id bits go with the content that they were given to. */
function attributesOf({ mode, uid, gid }: GivenAttributes, before: FileLook | undefined): FileAttributes {
  const kept = before ? Number(before.stat.mode & 0o1777n) : 0o644;
  return {
    mode: mode ?? kept,
    uid: uid ?? Number(before?.stat.uid ?? 0),
    gid: gid ?? Number(before?.stat.gid ?? 0),
    ...(before && { like: before, xattrs: new Map([...before.xattrs()].filter(([name]) => /^user\.(?!overlay\.)/.test(name))) }),
  };
}

function putInPlace(tree: FileTree, { temporary, path, isNew }: { temporary: string; path: string; isNew: boolean }): void {
  try {
    tree.move(temporary, path, !isNew);
  } catch (thrown) {
    // A file that is mounted there cannot be replaced, only written.
    if (errnoOf(thrown) !== 'EBUSY') throw thrown;
    using from = lookAt(tree, temporary);
    // A process of the container may have put something else there, a pipe for instance, that nobody ever writes to.
    checkRegular(from, path);
    using look = lookAt(tree, path);
    checkRegular(look, path);
    copyInto(look, from);
  }
}

function copyInto(look: FileLook, from: FileLook): void {
  const source = from.open();
  const file = look.overwrite();
  try {
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (let size = readSync(source, piece); size > 0; size = readSync(source, piece)) file.write(piece.subarray(0, size));
    file.sync();
  } finally {
    file.close();
    closeSync(source);
  }
}

function makeDirectory(tree: FileTree, { path, attributes, hasParents }: Extract<FileTask, { kind: 'makeDirectory' }>): FileEntry {
  const place = hasParents ? followed(tree, byteText(path)) : placeOf(tree, path);
  const parts = place.split('/');
  for (let depth = hasParents ? 1 : parts.length; depth < parts.length; depth++) {
    const parent = parts.slice(0, depth).join('/');
    if (tree.stat(parent) === undefined) makeOne(tree, parent, { mode: undefined, uid: undefined, gid: undefined });
  }
  if (hasParents && tree.stat(place)?.isDirectory() === true) return entryAt(tree, place);
  makeOne(tree, place, attributes);
  return entryAt(tree, place);
}

function makeOne(tree: FileTree, path: string, { mode = 0o755, uid = 0, gid = 0 }: GivenAttributes): void {
  if (path === '') throw new Failure('conflict', '/ exists');
  tree.createDirectory(path);
  tree.setAttributes(path, { mode, uid, gid });
}

function move(tree: FileTree, { from, to, replaces }: Extract<FileTask, { kind: 'move' }>): FileEntry {
  const [source, target] = [placeOf(tree, from), placeOf(tree, to)];
  if (source === '' || target === '') throw new Failure('invalid', '/ cannot be moved or replaced');
  lookAt(tree, source)[Symbol.dispose]();
  tree.move(source, target, replaces);
  return entryAt(tree, target);
}

function change(tree: FileTree, path: string, { mode, uid, gid }: GivenAttributes): FileEntry {
  using look = lookAt(tree, path);
  const owner = { uid: uid ?? Number(look.stat.uid), gid: gid ?? Number(look.stat.gid) };
  // Another owner takes the set-id bits away: they are put back where nothing else is asked for.
  tree.setAttributes(path, { ...owner, mode: mode ?? Number(look.stat.mode & 0o7777n) });
  return entryAt(tree, path);
}

function remove(tree: FileTree, { path, isRecursive }: Extract<FileTask, { kind: 'remove' }>, { onEntry }: FileStreams): void {
  const place = placeOf(tree, path);
  if (place === '') throw new Failure('invalid', '/ cannot be removed');
  lookAt(tree, place)[Symbol.dispose]();
  if (isRecursive) tree.remove(place, onEntry);
  else tree.removeOne(place);
}

const pathOf = (task: FileTask): string => (task.kind === 'move' ? `${task.from} to ${task.to}` : task.path);

const words: Readonly<Record<string, readonly ['not-found' | 'invalid' | 'conflict' | 'forbidden' | 'unsupported', string]>> = {
  ENOENT: ['not-found', 'no such file or directory'],
  ENOTDIR: ['invalid', 'not a directory'],
  EISDIR: ['invalid', 'is a directory'],
  ELOOP: ['invalid', 'too many links'],
  ENAMETOOLONG: ['invalid', 'name too long'],
  EINVAL: ['invalid', 'not possible'],
  EEXIST: ['conflict', 'exists'],
  ENOTEMPTY: ['conflict', 'directory is not empty'],
  EBUSY: ['conflict', 'is mounted there'],
  EROFS: ['forbidden', 'read-only file system'],
  EPERM: ['forbidden', 'operation not permitted'],
  EXDEV: ['conflict', 'another file system lies there, or it is a directory of the image: copy it and remove the first'],
};

/** What the kernel says, with the path of the request. */
function explained(thrown: unknown, task: FileTask): unknown {
  const [code, why] = words[errnoOf(thrown) ?? ''] ?? [];
  return code === undefined || why === undefined ? thrown : new Failure(code, `${why}: ${pathOf(task)}`, { cause: thrown });
}
