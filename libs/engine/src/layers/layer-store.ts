import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import type { IdMapping } from '@gantry/linux';
import { type Digest, hexOf, isDigest, parseJson } from '@gantry/oci';
import * as z from 'zod';
import { writeDurably } from '../state/durable-file.ts';
import type { BorrowedContent } from './borrowed-content.ts';
import { type ComingLayer, followLayer } from './coming-layer.ts';
import { Holds } from './holds.ts';
import type { Ingest } from './ingest.ts';
import { LayerThreads, packInThread, type UnpackContext } from './file-threads.ts';
import { endRemovals, removeWhole } from '../state/remove-whole.ts';
import { syncDirectory } from '../state/sync-directory.ts';
import { type LayerLimits, layerLimits, type unpackLayer } from './unpack-layer.ts';
import { durableStep } from '../state/durable-step.ts';

const layerRecord = z.object({
  diffId: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
  tarBytes: z.number(),
  contentBytes: z.number(),
  entries: z.number(),
});
export type LayerRecord = z.output<typeof layerRecord>;

/** A layer that is there, and what its tar has given up for it (see `giveUpContent`). */
export interface AddedLayer {
  readonly record: LayerRecord;
  readonly borrowed: readonly BorrowedContent[];
}

export interface AddContext extends UnpackContext {
  /** The tar is plain and the caller's own, who keeps it as the layer's blob: it may give up what the layer has as well. */
  readonly givesUp?: boolean;
  /** The tar was unpacked while it came in; this is its digest. */
  readonly coming?: { readonly layer: ComingLayer; readonly digest: Digest } | undefined;
}

/** A blob as it is on the disk: without what it borrows of the layer with this diff id. */
export interface LayerBlob {
  readonly path: string;
  readonly borrowed: readonly BorrowedContent[];
}

export type LayerState = 'whole' | 'repaired' | 'damaged' | 'wrong-blob';

type Unpacked = Awaited<ReturnType<typeof unpackLayer>>;

interface ThreadContext extends UnpackContext {
  readonly growing?: SharedArrayBuffer;
  readonly givesUp?: boolean | undefined;
  /** The directory of the layer that a blob borrows of. */
  readonly lender?: string;
}

export interface LayerSettings {
  readonly root: string;
  readonly ingest: Ingest;
  readonly limits?: LayerLimits;
  /** How many layers are unpacked at once. */
  readonly threads?: number;
  /** The user namespace of containers: files belong to its ids. */
  readonly ids?: IdMapping | undefined;
}

/**
 * Unpacked layers, `<root>/<hex of the diff id>/{fs,layer.json}`: one directory per distinct layer, shared by all images. A layer is visible
 * only by rename, after its diff id was checked and its files are on the disk.
 */
export class LayerStore {
  readonly #root: string;
  readonly #ingest: Ingest;
  readonly #limits: LayerLimits;
  readonly #threads: LayerThreads;
  readonly #ids: IdMapping | undefined;
  readonly #records = new Map<Digest, LayerRecord>();
  readonly #unpacking = new Map<Digest, Promise<LayerRecord>>();
  readonly #held = new Holds();
  #isFollowing = false;

  private constructor({ root, ingest, limits = layerLimits, threads = 2, ids }: LayerSettings) {
    this.#ids = ids;
    this.#root = root;
    this.#ingest = ingest;
    this.#limits = limits;
    this.#threads = new LayerThreads(threads);
  }

  /** `report` is told of records that cannot be read; they are put aside, so that the layer is fetched again. */
  static async open(settings: LayerSettings, report: (line: string) => void): Promise<LayerStore> {
    const store = new LayerStore(settings);
    await mkdir(settings.root, { recursive: true, mode: 0o700 });
    await endRemovals(settings.root);
    for (const name of await readdir(settings.root)) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      try {
        const record = parseJson(layerRecord, 'layer record', await readFile(join(settings.root, name, 'layer.json')));
        if (hexOf(record.diffId) !== name) throw new Failure('invalid', `layer record names ${record.diffId}`);
        store.#records.set(record.diffId, record);
      } catch (thrown) {
        await rename(join(settings.root, name), join(settings.root, `bad-${name}-${Date.now()}`));
        report(`layer ${name} is put aside: ${Failure.from(thrown).message}`);
      }
    }
    return store;
  }

  get(diffId: Digest): LayerRecord | undefined {
    return this.#records.get(diffId);
  }

  /** The directory that overlayfs takes. */
  path(diffId: Digest): string {
    return join(this.#root, hexOf(diffId), 'fs');
  }

  diffIds(): Digest[] {
    return [...this.#records.keys()];
  }

  /** While held, a layer is not removed: whoever builds on one holds it until its own record is written. */
  hold(diffIds: readonly Digest[]): Disposable {
    return this.#held.take(diffIds);
  }

  /**
   * Unpacks the blob (a file) where the layer is not there yet; two callers at once unpack once. Fails with `invalid` and both digests where
   * the content is not what `diffId` says, and with what unpacking fails with; then nothing is left.
   */
  async add(diffId: Digest, blob: string, context: AddContext = {}): Promise<AddedLayer> {
    if (context.coming !== undefined) checkDiffId(diffId, context.coming.digest);
    const known = this.#records.get(diffId);
    if (known !== undefined) return { record: known, borrowed: (await context.coming?.layer.unpacked)?.borrowed ?? [] };
    const running = this.#unpacking.get(diffId);
    if (running !== undefined) {
      await running.catch(() => undefined);
      return this.add(diffId, blob, context);
    }
    const unpacking = this.#unpackAs(diffId, blob, context);
    const shown = unpacking.then(({ record }) => record);
    shown.catch(() => undefined);
    this.#unpacking.set(diffId, shown);
    try {
      return await unpacking;
    } finally {
      this.#unpacking.delete(diffId);
    }
  }

  /**
   * Begins to unpack a plain tar that is still being written down; undefined where no thread has time for it, and for a second one, since whoever waits for a slow
   * writer keeps a thread. It is the caller's until `add` has shown it.
   */
  async follow(tar: string, context: UnpackContext = {}): Promise<ComingLayer | undefined> {
    if (this.#isFollowing || !this.#threads.isIdle) return undefined;
    this.#isFollowing = true;
    try {
      return await followLayer({
        ingest: this.#ingest,
        unpack: (place, growing) =>
          this.#unpack({ path: tar, borrowed: [] }, place, { ...context, growing, givesUp: true }).finally(
            () => (this.#isFollowing = false),
          ),
      });
    } catch (thrown) {
      this.#isFollowing = false;
      throw thrown;
    }
  }

  /** Unpacks a blob whose diff id nobody knows before; the layer is held until the answer is disposed. Fails as `add` does. */
  async addUnknown(blob: string, context: UnpackContext = {}): Promise<Disposable & { readonly record: LayerRecord }> {
    await using ingest = await this.#ingest.directory();
    const unpacked = recordOf(await this.#unpack({ path: blob, borrowed: [] }, ingest.path, context));
    const { diffId } = unpacked;
    using undo = new DisposableStack();
    undo.use(this.hold([diffId]));
    const record =
      this.#records.get(diffId) ?? (await this.#unpacking.get(diffId)?.catch(() => undefined)) ?? (await this.#show(unpacked, ingest.path));
    const held = undo.move();
    return { record, [Symbol.dispose]: () => held.dispose() };
  }

  /**
   * Compares a layer's files with those that its blob unpacks to. `wrong-blob`: the blob is another layer's. With `repair` a damaged layer is replaced, which nobody
   * may have mounted.
   */
  async check(diffId: Digest, blob: LayerBlob, { repair, signal }: { repair: boolean; signal: AbortSignal }): Promise<LayerState> {
    await using ingest = await this.#ingest.directory();
    const unpacked = recordOf(await this.#unpack(blob, ingest.path, { signal, lender: this.path(diffId) }));
    if (unpacked.diffId !== diffId) return 'wrong-blob';
    const fresh = await this.pack(join(ingest.path, 'layer/fs'), undefined);
    const own = await this.pack(this.path(diffId), undefined).catch(() => undefined);
    if (own?.digest === fresh.digest) return 'whole';
    if (repair) await this.#show(unpacked, ingest.path);
    return repair ? 'repaired' : 'damaged';
  }

  /** Writes a directory of an overlay as a layer's tar, or only tells its digest. */
  pack(upper: string, target: string | undefined): ReturnType<typeof packInThread> {
    return packInThread({ upper, target, ids: this.#ids });
  }

  /** Answers whether it is gone; a held one stays. */
  async remove(diffId: Digest): Promise<boolean> {
    if (this.#held.has(diffId) || this.#unpacking.has(diffId)) return false;
    this.#records.delete(diffId);
    await removeWhole(join(this.#root, hexOf(diffId)), 'layer');
    return true;
  }

  async #unpackAs(diffId: Digest, blob: string, context: AddContext): Promise<AddedLayer> {
    const { coming, givesUp } = context;
    if (coming !== undefined) return await this.#showAs(diffId, await coming.layer.unpacked, { ...coming.layer, digest: coming.digest });
    await using ingest = await this.#ingest.directory();
    const unpacked = await this.#unpack({ path: blob, borrowed: [] }, ingest.path, { ...context, givesUp });
    return await this.#showAs(diffId, unpacked, ingest);
  }

  async #showAs(diffId: Digest, { layer, borrowed }: Unpacked, { path, digest }: { path: string; digest?: Digest }): Promise<AddedLayer> {
    checkDiffId(diffId, layer.diffId ?? digest);
    return { record: await this.#show({ ...layer, diffId }, path), borrowed };
  }

  async #unpack({ path, borrowed }: LayerBlob, place: string, context: ThreadContext): Promise<Unpacked> {
    const directory = join(place, 'layer/fs');
    await mkdir(directory, { recursive: true, mode: 0o755 });
    const { growing, givesUp, lender } = context;
    const borrowing = lender === undefined || borrowed.length === 0 ? undefined : { layer: lender, borrowed };
    const work = { blob: path, directory, limits: this.#limits, ids: this.#ids, growing, givesUp, borrowing };
    return await durableStep('layer.unpack', () => this.#threads.unpack(work, context));
  }

  async #show(record: LayerRecord, place: string): Promise<LayerRecord> {
    const target = join(this.#root, hexOf(record.diffId));
    await durableStep('layer.record', () => writeDurably(join(place, 'layer/layer.json'), JSON.stringify(record)));
    await durableStep('layer.show', async () => {
      await rm(target, { recursive: true, force: true });
      await rename(join(place, 'layer'), target);
      await syncDirectory(this.#root);
    });
    this.#records.set(record.diffId, record);
    return record;
  }
}

function checkDiffId(expected: Digest, actual: Digest | undefined): void {
  if (actual === expected) return;
  throw new Failure('invalid', `layer verification failed: diff id is ${actual}, the image says ${expected}`, {
    details: { expected, actual },
  });
}

/** Of a layer that its thread has hashed. */
function recordOf({ layer }: Unpacked): LayerRecord {
  const { diffId } = layer;
  if (diffId === undefined) throw new Failure('internal', 'a layer was unpacked and not hashed');
  return { ...layer, diffId };
}
