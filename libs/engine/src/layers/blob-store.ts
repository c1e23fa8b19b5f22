import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { type Digest, digestOf, hexOf, largestJsonBytes } from '@gantry/oci';
import { type BorrowedContent, withBorrowed } from './borrowed-content.ts';
import { BorrowerLists } from './borrower-lists.ts';
import { Holds } from './holds.ts';
import { syncDirectory } from '../state/sync-directory.ts';
import { durableStep } from '../state/durable-step.ts';

/**
 * Files named by their digest: manifests, configurations, and layers as they came. A blob is there whole or not at all: it comes by rename
 * after its digest was checked and its bytes are on the disk. One that is a layer's plain tar may borrow the content of large files of the layer.
 */
export class BlobStore {
  readonly #root: string;
  readonly #layerOf: (diffId: Digest) => string | undefined;
  readonly #borrowers: BorrowerLists;
  readonly #held = new Holds();

  private constructor(root: string, borrowers: BorrowerLists, layerOf: (diffId: Digest) => string | undefined) {
    this.#root = root;
    this.#borrowers = borrowers;
    this.#layerOf = layerOf;
  }

  /** `layerOf`: the directory of a layer that is there. */
  static async open(root: string, layerOf: (diffId: Digest) => string | undefined): Promise<BlobStore> {
    await mkdir(join(root, 'sha256'), { recursive: true, mode: 0o700 });
    await mkdir(join(root, 'sha512'), { recursive: true, mode: 0o700 });
    const borrowers = await BorrowerLists.open(join(root, 'borrowed'), (hex) => existsSync(join(root, 'sha256', hex)));
    return new BlobStore(root, borrowers, layerOf);
  }

  path(digest: Digest): string {
    return join(this.#root, digest.slice(0, 6), hexOf(digest));
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    return (await stat(this.path(digest)).catch(() => undefined))?.size;
  }

  /** Whole: one that borrows is not without its layer. */
  async has(digest: Digest): Promise<boolean> {
    if (this.#borrowers.has(digest) && this.#layerOf(digest) === undefined) return false;
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

  /** As it came. Fails with `internal` where the layer that it borrows of is gone. */
  stream(digest: Digest): AsyncIterable<Uint8Array> {
    return this.#borrowers.has(digest) ? this.#withBorrowed(digest) : createReadStream(this.path(digest), { highWaterMark: 64 * 1024 });
  }

  /** As it is on the disk. */
  async stored(digest: Digest): Promise<{ readonly path: string; readonly borrowed: readonly BorrowedContent[] }> {
    return { path: this.path(digest), borrowed: await this.#borrowers.read(digest) };
  }

  /** Takes a file of the ingest directory whose digest the caller has checked; `borrowed` is what it has given up for the layer with this diff id, which is there. */
  async adopt(file: string, digest: Digest, borrowed: readonly BorrowedContent[] = []): Promise<void> {
    const handle = await open(file, 'r');
    await handle.datasync().finally(() => handle.close());
    await durableStep('blob.show', async () => {
      // Never is a blob there without the list: it would be believed whole.
      if (borrowed.length > 0) await this.#borrowers.write(digest, borrowed);
      await rename(file, this.path(digest));
      await syncDirectory(join(this.path(digest), '..'));
      if (borrowed.length === 0) await this.#borrowers.remove(digest);
    });
  }

  /** While held, a blob is not removed. */
  hold(digests: readonly Digest[]): Disposable {
    return this.#held.take(digests);
  }

  async remove(digest: Digest): Promise<void> {
    if (this.#held.has(digest)) return;
    await durableStep('blob.remove', async () => {
      await rm(this.path(digest), { force: true });
      await this.#borrowers.remove(digest);
    });
  }

  async digests(): Promise<Digest[]> {
    const names = await Promise.all(
      ['sha256', 'sha512'].map(async (algorithm) => (await readdir(join(this.#root, algorithm))).map((hex) => `${algorithm}:${hex}`)),
    );
    return names.flat() as Digest[];
  }

  async *#withBorrowed(digest: Digest): AsyncGenerator<Uint8Array, void, undefined> {
    const layer = this.#layerOf(digest);
    if (layer === undefined) throw new Failure('internal', `blob ${digest} borrows of a layer that is gone`);
    yield* withBorrowed(this.path(digest), { layer, borrowed: await this.#borrowers.read(digest) });
  }
}
