import { open } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Failure } from '@gantry/base';
import { type Digest, Digester, largestJsonBytes, readableText, readTar, type TarEntry } from '@gantry/oci';
import { BatchedFile } from '../layers/batched-file.ts';
import { checkDisk, diskReserve } from '../layers/disk-reserve.ts';
import { plainTar } from '../layers/plain-tar.ts';

export interface SpooledFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly digest: Digest;
}

const mostEntries = 100_000;
const checkDiskEveryBytes = 64 * 1024 ** 2;

/**
 * The files of an image archive, written down one by one under numbers: a name in the archive is only ever a key here, never a path on the
 * disk. Links are followed inside the archive alone.
 */
export class SpooledArchive {
  readonly #directory: string;
  readonly #files = new Map<string, SpooledFile>();
  readonly #links = new Map<string, string>();
  #written = 0;
  #sizeBytes = 0;
  #checkDiskAt = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Reads the whole archive, plain or compressed. Fails with `invalid` for what is no tar, `cancelled` when the signal aborts. */
  static async read(source: AsyncIterable<Uint8Array>, directory: string, signal: AbortSignal): Promise<SpooledArchive> {
    const archive = new SpooledArchive(directory);
    let entries = 0;
    for await (const entry of readTar(plainTar(source))) {
      if (signal.aborted) throw new Failure('cancelled', 'loading was cancelled', { cause: signal.reason });
      if (++entries > mostEntries) throw new Failure('exhausted', `archive has more than ${mostEntries} entries`);
      await archive.#take(entry);
    }
    return archive;
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
    // Its holes are written, and some bytes may tell of terabytes of them.
    if (entry.pieces !== undefined) checkDisk(this.#directory, diskReserve, entry.sizeBytes);
    // A name that comes again has another file.
    const path = join(this.#directory, String(this.#written++));
    const digester = new Digester();
    await using file = await BatchedFile.open(path, 'wx');
    for await (const chunk of entry.body) {
      digester.update(chunk);
      await file.add(chunk);
      this.#sizeBytes += chunk.length;
      if (this.#sizeBytes >= this.#checkDiskAt) {
        checkDisk(this.#directory);
        this.#checkDiskAt = this.#sizeBytes + checkDiskEveryBytes;
      }
    }
    await file.end();
    return { path, sizeBytes: digester.sizeBytes, digest: digester.digest() };
  }
}

function keyOf(name: string): string {
  return posix.normalize(`/${name}`).slice(1);
}
