import { posix } from 'node:path';
import { Failure } from '@gantry/base';
import * as messages from '@gantry/engine-api/messages';
import type { FileTree } from '@gantry/linux/files';
import { readableText, readTar, type TarEntry } from '@gantry/oci/tar';
import { plainTar } from '../layers/plain-tar.ts';
import { isOwnEntry, writeEntry } from '../layers/write-entry.ts';

export interface ExtractRequest {
  readonly tree: FileTree;
  /** The directory into which it goes, a path of the tree. */
  readonly directory: string;
  /** A directory never takes the place of something else, nor the other way round. */
  readonly keepsKinds: boolean;
  /** Who owns all that is made; undefined: whom the archive names. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

const mostEntries = 1_000_000;

/**
 * Writes a tar (plain or compressed) into a directory by the rules of `docker cp` (moby archive.Unpack): parents are made, what is there is replaced,
 * directories are merged, and links that leave the directory are refused in dockerd's words. Names lead through links of the tree as they would with the tree as
 * `/`, and never out of it. What fails leaves the part that was written.
 */
export async function extractArchive(source: AsyncIterable<Uint8Array>, request: ExtractRequest): Promise<void> {
  const times = new Map<string, TarEntry['mtime']>();
  let entries = 0;
  for await (const entry of readTar(plainTar(source))) {
    if (++entries > mostEntries) throw new Failure('exhausted', `archive has more than ${mostEntries} entries`);
    const path = await extractEntry(entry, request);
    if (path !== undefined && entry.type === 'directory') times.set(path, entry.mtime);
  }
  for (const [path, mtime] of times) {
    if (request.tree.stat(path)?.isDirectory() === true) request.tree.setTime(path, mtime);
  }
}

async function extractEntry(entry: TarEntry, request: ExtractRequest): Promise<string | undefined> {
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
