import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { type Digest, digestOf, hexOf, largestJsonBytes } from '@gantry/oci';
import { Holds } from './holds.ts';
import { syncDirectory } from '../state/sync-directory.ts';
import { syncFile } from '../state/sync-file.ts';
import { durableStep } from '../state/durable-step.ts';

/**
 * Files named by their digest: manifests, configurations, and layers as they came. A blob is there whole or not at all: it comes by rename
 * after its digest was checked and its bytes are on the disk.
 */
export class BlobStore {
  readonly #root: string;
  readonly #held = new Holds();
  readonly #removing = new Map<Digest, Promise<void>>();

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(root: string): Promise<BlobStore> {
    await mkdir(join(root, 'sha256'), { recursive: true, mode: 0o700 });
    await mkdir(join(root, 'sha512'), { recursive: true, mode: 0o700 });
    return new BlobStore(root);
  }

  path(digest: Digest): string {
    return join(this.#root, digest.slice(0, 6), hexOf(digest));
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    await this.#removed(digest);
    return (await stat(this.path(digest)).catch(() => undefined))?.size;
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.sizeOf(digest)) !== undefined;
  }

  /** A small document. Fails with `not-found` where it is missing, `internal` where the disk gives other bytes than were stored. */
  async read(digest: Digest): Promise<Buffer> {
    const size = await this.sizeOf(digest);
    if (size === undefined) throw new Failure('not-found', `blob ${digest} is missing`);
    if (size > largestJsonBytes) throw new Failure('invalid', `blob ${digest} has ${size} bytes; ${largestJsonBytes} are the limit`);
    const bytes = await readFile(this.path(digest));
    if (digest.startsWith('sha256:') && digestOf(bytes) !== digest) throw new Failure('internal', `blob ${digest} is damaged on the disk`);
    return bytes;
  }

  stream(digest: Digest): AsyncIterable<Uint8Array> {
    return createReadStream(this.path(digest), { highWaterMark: 64 * 1024 });
  }

  /** Takes a file of the ingest directory whose digest the caller has checked. */
  async adopt(file: string, digest: Digest): Promise<void> {
    await syncFile(file);
    await this.#removed(digest);
    await durableStep('blob.show', async () => {
      await rename(file, this.path(digest));
      await syncDirectory(join(this.path(digest), '..'));
    });
  }

  /** While held, a blob is not removed. */
  hold(digests: readonly Digest[]): Disposable {
    return this.#held.take(digests);
  }

  async remove(digest: Digest): Promise<void> {
    if (this.#held.has(digest)) return;
    const removing = durableStep('blob.remove', () => rm(this.path(digest), { force: true }));
    this.#removing.set(digest, removing);
    try {
      await removing;
    } finally {
      if (this.#removing.get(digest) === removing) this.#removing.delete(digest);
    }
  }

  /** What is just being removed is gone first: else it would be taken for one that stays, or a new one would go in its place. */
  async #removed(digest: Digest): Promise<void> {
    await this.#removing.get(digest)?.catch(() => undefined);
  }

  async digests(): Promise<Digest[]> {
    const names = await Promise.all(
      ['sha256', 'sha512'].map(async (algorithm) => (await readdir(join(this.#root, algorithm))).map((hex) => `${algorithm}:${hex}`)),
    );
    return names.flat() as Digest[];
  }
}
