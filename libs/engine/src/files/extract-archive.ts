import { closeSync, statfsSync } from 'node:fs';
import { posix } from 'node:path';
import { Failure } from '@gantry/base';
import * as messages from '@gantry/engine-api/messages';
import type { FileTree } from '@gantry/linux/files';
import { readableText, readTar, type TarEntry } from '@gantry/oci/tar';
import { diskReserve } from '../layers/disk-reserve.ts';
import { plainTar } from '../layers/plain-tar.ts';
import { isOwnEntry, writeEntry } from '../layers/write-entry.ts';
import { isHiddenEntry, placesOf } from './hidden-places.ts';

export interface ExtractRequest {
  readonly tree: FileTree;
  /** The directory into which it goes, a path of the tree. */
  readonly directory: string;
  /** A directory never takes the place of something else, nor the other way round. */
  readonly keepsKinds: boolean;
  /** Who owns all that is made; undefined: whom the archive names. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Places of the tree at which paths of the host are mounted that it has not: nothing is written there. */
  readonly hidden: readonly string[];
  readonly limits: ExtractLimits;
}

/** What one archive may cost; beyond it extraction fails with `exhausted`. */
export interface ExtractLimits {
  readonly entries: number;
  /** Of the plain tar. */
  readonly sizeBytes: number;
  /** Plain bytes per compressed byte, looked at from `ratioFromBytes` on (a decompression bomb reaches 1000). */
  readonly ratio: number;
  readonly ratioFromBytes: number;
  /** The part of the disk that stays free where an archive is larger than `diskFromBytes`. */
  readonly diskReserve: number;
  readonly diskFromBytes: number;
}

export const extractLimits: ExtractLimits = {
  entries: 1_000_000,
  sizeBytes: 256 * 1024 ** 3,
  ratio: 200,
  ratioFromBytes: 100 * 1024 ** 2,
  diskReserve,
  diskFromBytes: 64 * 1024 ** 2,
};

/**
 * Writes a tar (plain or compressed) into a directory by the rules of `docker cp` (moby archive.Unpack): parents are made, what is there is replaced,
 * directories are merged, and links that leave the directory are refused in dockerd's words. Names lead through links of the tree as they would with the tree as
 * `/`, and never out of it. What fails leaves the part that was written.
 */
export async function extractArchive(source: AsyncIterable<Uint8Array>, request: ExtractRequest): Promise<void> {
  const times = new Map<string, TarEntry['mtime']>();
  const places = placesOf(request.tree, request.hidden);
  let entries = 0;
  for await (const entry of readTar(bounded(source, request))) {
    if (++entries > request.limits.entries) throw new Failure('exhausted', `archive has more than ${request.limits.entries} entries`);
    const path = await extractEntry(entry, request, places);
    if (path !== undefined && entry.type === 'directory') times.set(path, entry.mtime);
  }
  for (const [path, mtime] of times) {
    if (request.tree.stat(path)?.isDirectory() === true) request.tree.setTime(path, mtime);
  }
}

/** The plain tar, for as long as it keeps to the limits. */
async function* bounded(source: AsyncIterable<Uint8Array>, request: ExtractRequest): AsyncGenerator<Uint8Array, void, undefined> {
  const { sizeBytes, ratio, ratioFromBytes, diskFromBytes } = request.limits;
  let [packed, plain, checkAt] = [0, 0, diskFromBytes];
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      packed += chunk.length;
      yield chunk;
    }
  }
  for await (const chunk of plainTar(counted())) {
    plain += chunk.length;
    if (plain > sizeBytes) throw new Failure('exhausted', `archive has more than ${sizeBytes} bytes`);
    if (plain > ratioFromBytes && plain > packed * ratio) {
      throw new Failure('exhausted', `archive unpacks to more than ${ratio} times its size: it looks like a decompression bomb`);
    }
    if (plain >= checkAt) {
      checkFree(request);
      checkAt = plain + diskFromBytes;
    }
    yield chunk;
  }
}

function checkFree({ tree, directory, limits }: ExtractRequest): void {
  const fd = tree.openDirectory(directory === '' ? '.' : directory);
  try {
    const { bavail, blocks } = statfsSync(`/proc/self/fd/${fd}`);
    if (bavail >= blocks * limits.diskReserve) return;
  } finally {
    closeSync(fd);
  }
  const reserve = `${limits.diskReserve * 100} %`;
  throw new Failure('exhausted', `no space left on device: less than ${reserve} of the disk at ${readableText(`/${directory}`)} is free`);
}

async function extractEntry(entry: TarEntry, request: ExtractRequest, places: readonly string[]): Promise<string | undefined> {
  const { tree, directory, keepsKinds, owner } = request;
  const name = posix.normalize(entry.name).replace(/(.)\/+$/, '$1');
  const root = `/${directory}`;
  if (name === '..' || name.startsWith('../')) {
    throw new Failure('invalid', messages.outsideOf(readableText(name), readableText(root)));
  }
  const inside = posix.join(root, name);
  const path = inside.slice(1);
  const there = tree.stat(path);
  if (there?.isDirectory() === true && name === '.') return undefined;
  if (isHiddenEntry(tree, places, { path, isDirectory: entry.type === 'directory' })) return undefined;
  if (there !== undefined && keepsKinds) checkKinds(there.isDirectory(), entry.type === 'directory', { inside, root });
  if (isOwnEntry(entry)) {
    if (entry.type === 'symlink') checkLink('symlink', { inside, root, target: posix.join(posix.dirname(inside), entry.linkName), entry });
    await writeEntry(tree, path, { ...entry, ...owner });
  } else {
    const target = posix.join(root, entry.linkName);
    checkLink('hardlink', { inside: target, root, target, entry });
    tree.makeHardlink(path, target.slice(1));
  }
  return path;
}

function checkKinds(isDirectory: boolean, becomesDirectory: boolean, { inside, root }: { inside: string; root: string }): void {
  if (isDirectory && !becomesDirectory) {
    throw new Failure('invalid', messages.cannotOverwriteDirectory(readableText(inside), readableText(root)));
  }
  if (!isDirectory && becomesDirectory) {
    throw new Failure('invalid', messages.cannotOverwriteWithDirectory(readableText(inside), readableText(root)));
  }
}

interface LinkPlace {
  readonly inside: string;
  readonly root: string;
  readonly target: string;
  readonly entry: TarEntry;
}

/** Nothing could escape by it, but it is what dockerd and its clients know. */
function checkLink(kind: 'symlink' | 'hardlink', { inside, root, target, entry }: LinkPlace): void {
  if (target.startsWith(root)) return;
  throw new Failure('invalid', messages.linkLeaves(kind, readableText(inside), readableText(entry.linkName)));
}
