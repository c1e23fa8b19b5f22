import { open, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Failure } from '@gantry/base';
import { detectCompression, type Digest, Digester, isDigest, largestJsonBytes, readableText, readTar, type TarEntry } from '@gantry/oci';
import { BatchedFile } from '../layers/batched-file.ts';
import type { ComingLayer } from '../layers/coming-layer.ts';
import { checkDisk, diskReserve } from '../layers/disk-reserve.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import { plainTar } from '../layers/plain-tar.ts';

export interface SpooledFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly digest: Digest;
  /** It is a tar that nothing has compressed, as far as its beginning tells. */
  readonly isPlain: boolean;
  /** It is unpacked already or just being so. */
  readonly coming: ComingLayer | undefined;
}

export interface Spooling {
  readonly directory: string;
  readonly layers: LayerStore;
  readonly signal: AbortSignal;
}

const mostEntries = 100_000;
/** To unpack a smaller one while it comes in wins nothing. */
const leastFollowedBytes = 1024 * 1024;
const checkDiskEveryBytes = 64 * 1024 ** 2;

/**
 * The files of an image archive, written down one by one under numbers: a name in the archive is only ever a key here, never a path on the
 * disk. Links are followed inside the archive alone.
 */
export class SpooledArchive implements AsyncDisposable {
  readonly #spooling: Spooling;
  readonly #coming = new AsyncDisposableStack();
  readonly #files = new Map<string, SpooledFile>();
  readonly #links = new Map<string, string>();
  #written = 0;
  #sizeBytes = 0;
  #checkDiskAt = 0;

  private constructor(spooling: Spooling) {
    this.#spooling = spooling;
  }

  /**
   * Reads the whole archive, plain or compressed. What looks like a large layer is unpacked while it comes in, one at a time. Fails with `invalid` for what is no
   * tar, `cancelled` when the signal aborts. Disposed of, what was unpacked and nobody has shown goes.
   */
  static async read(source: AsyncIterable<Uint8Array>, spooling: Spooling): Promise<SpooledArchive> {
    const { signal } = spooling;
    await using undo = new AsyncDisposableStack();
    const archive = undo.use(new SpooledArchive(spooling));
    let entries = 0;
    for await (const entry of readTar(plainTar(source))) {
      if (signal.aborted) throw new Failure('cancelled', 'loading was cancelled', { cause: signal.reason });
      if (++entries > mostEntries) throw new Failure('exhausted', `archive has more than ${mostEntries} entries`);
      await archive.#take(entry);
    }
    undo.move();
    return archive;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#coming.disposeAsync();
  }

  file(name: string): SpooledFile | undefined {
    let key = keyOf(name);
    for (let steps = 0; steps < 10; steps++) {
      const file = this.#files.get(key);
      if (file !== undefined) return file;
      const target = this.#links.get(key);
      if (target === undefined) return undefined;
      key = target;
    }
    return undefined;
  }

  /** A small file's bytes. Fails with `invalid` where it is missing or too long. */
  async bytes(name: string): Promise<Buffer> {
    const file = this.file(name);
    if (file === undefined) throw new Failure('invalid', `invalid archive: does not contain ${name}`);
    if (file.sizeBytes > largestJsonBytes) throw new Failure('invalid', `invalid archive: ${name} has ${file.sizeBytes} bytes`);
    await using handle = await open(file.path, 'r');
    return await handle.readFile();
  }

  async #take(entry: TarEntry): Promise<void> {
    const key = keyOf(readableText(entry.name));
    if (entry.type === 'symlink') this.#links.set(key, keyOf(posix.join(posix.dirname(key), readableText(entry.linkName))));
    else if (entry.type === 'hardlink') this.#links.set(key, keyOf(readableText(entry.linkName)));
    else if (entry.type === 'file') this.#files.set(key, await this.#write(entry));
  }

  async #write(entry: TarEntry): Promise<SpooledFile> {
    const { directory } = this.#spooling;
    // Its holes are written, and some bytes may tell of terabytes of them.
    if (entry.pieces !== undefined) checkDisk(directory, diskReserve, entry.sizeBytes);
    // A name that comes again has another file.
    const path = join(directory, String(this.#written++));
    const pieces = entry.body[Symbol.asyncIterator]();
    const first = await pieces.next();
    const isPlain = first.done !== true && looksLikePlainTar(first.value);
    const coming = isPlain ? await this.#follow(entry, path) : undefined;
    const digester = new Digester();
    await using file = await BatchedFile.open(path, 'w', { onWritten: (sizeBytes) => coming?.tar.grow(sizeBytes) });
    for (let piece = first; piece.done !== true; piece = await pieces.next()) {
      digester.update(piece.value);
      await file.add(piece.value);
      this.#count(piece.value.length);
    }
    await file.end();
    const digest = digester.digest();
    coming?.tar.complete(digest);
    const isThere = this.#spooling.layers.get(digest) !== undefined;
    if (isThere) await coming?.[Symbol.asyncDispose]();
    return { path, sizeBytes: digester.sizeBytes, digest, isPlain, coming: isThere ? undefined : coming };
  }

  #count(bytes: number): void {
    this.#sizeBytes += bytes;
    if (this.#sizeBytes < this.#checkDiskAt) return;
    checkDisk(this.#spooling.directory);
    this.#checkDiskAt = this.#sizeBytes + checkDiskEveryBytes;
  }

  async #follow({ name, sizeBytes }: TarEntry, path: string): Promise<ComingLayer | undefined> {
    const { layers, signal } = this.#spooling;
    if (sizeBytes < leastFollowedBytes || isNamedAfterOneOf(layers, readableText(name))) return undefined;
    // The thread comes to its first byte before there is one.
    await writeFile(path, '', { mode: 0o600 });
    const coming = await layers.follow(path, { signal });
    return coming && this.#coming.use(coming);
  }
}

/** By the word that each header of a tar has, but those of v7: these are unpacked when all of them is there. */
function looksLikePlainTar(first: Uint8Array): boolean {
  return detectCompression(first) === 'none' && Buffer.from(first.subarray(257, 262)).toString('latin1') === 'ustar';
}

/** Most archives name a layer by its digest; what is there already is not unpacked again only to be thrown away. */
function isNamedAfterOneOf(layers: LayerStore, name: string): boolean {
  const hex = /^(?:.*\/)?([0-9a-f]{64})(?:\/layer\.tar|\.tar)?$/.exec(name)?.[1] ?? '';
  const digest = `sha256:${hex}`;
  return isDigest(digest) && layers.get(digest) !== undefined;
}

function keyOf(name: string): string {
  return posix.normalize(`/${name}`).slice(1);
}
