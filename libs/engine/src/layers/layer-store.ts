import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import type { IdMapping } from '@gantry/linux';
import { type Digest, hexOf, isDigest, parseJson } from '@gantry/oci';
import * as z from 'zod';
import { writeDurably } from '../state/durable-file.ts';
import { type ComingLayer, followLayer, type UnpackedAt } from './coming-layer.ts';
import { Holds } from './holds.ts';
import type { Ingest } from './ingest.ts';
import type { HashedTar, UnpackWork } from './file-messages.ts';
import { LayerThreads, packInThread, type UnpackContext } from './file-threads.ts';
import { endRemovals, removeWhole } from '../state/remove-whole.ts';
import { syncDirectory } from '../state/sync-directory.ts';
import { type LayerLimits, layerLimits } from './unpack-layer.ts';
import { durableStep } from '../state/durable-step.ts';

const layerRecord = z.object({
  diffId: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
  tarBytes: z.number(),
  contentBytes: z.number(),
  entries: z.number(),
});
export type LayerRecord = z.output<typeof layerRecord>;

export interface AddContext extends UnpackContext {
  /** What is known of the blob, where whoever asks made or hashed it: a plain tar is not hashed again. Anything else is, and what it is compressed by is looked for. */
  readonly hashed?: HashedTar | undefined;
  /** The blob was unpacked while it came in; it is complete or given up. */
  readonly coming?: ComingLayer | undefined;
}

export type LayerState = 'whole' | 'repaired' | 'damaged' | 'wrong-blob';

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
  /** Layers that are just being shown or removed: one after the other. */
  readonly #moving = new Map<Digest, Promise<unknown>>();
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
  async add(diffId: Digest, blob: string, context: AddContext = {}): Promise<LayerRecord> {
    const known = this.#records.get(diffId);
    if (known !== undefined) return known;
    const running = this.#unpacking.get(diffId);
    if (running !== undefined) {
      const record = await running.catch(() => undefined);
      return record ?? this.add(diffId, blob, context);
    }
    const unpacking = this.#unpackAs(diffId, blob, context);
    this.#unpacking.set(diffId, unpacking);
    try {
      return await unpacking;
    } finally {
      this.#unpacking.delete(diffId);
    }
  }

  /**
   * Begins to unpack a plain tar that is still being written down, in a file that is there; `add` takes what became of it. Undefined where no thread has time for it, and
   * for a second one: whoever waits for a slow writer keeps a thread. The writer tells how far it is (`ComingLayer.tar`) and disposes of it.
   */
  async follow(tar: string, context: UnpackContext = {}): Promise<ComingLayer | undefined> {
    if (this.#isFollowing || !this.#threads.isIdle) return undefined;
    this.#isFollowing = true;
    const unpack = (place: string, growing: SharedArrayBuffer): Promise<LayerRecord> =>
      this.#unpack(tar, place, { ...context, growing }).finally(() => (this.#isFollowing = false));
    try {
      return await followLayer(this.#ingest, unpack, context.signal);
    } catch (thrown) {
      this.#isFollowing = false;
      throw thrown;
    }
  }

  /** Unpacks a blob whose diff id nobody knows before; the layer is held until the answer is disposed. Fails as `add` does. */
  async addUnknown(blob: string, context: UnpackContext = {}): Promise<Disposable & { readonly record: LayerRecord }> {
    await using ingest = await this.#ingest.directory();
    const unpacked = await this.#unpack(blob, ingest.path, context);
    using undo = new DisposableStack();
    undo.use(this.hold([unpacked.diffId]));
    const record = await this.#show(unpacked, ingest.path);
    const held = undo.move();
    return { record, [Symbol.dispose]: () => held.dispose() };
  }

  /**
   * Compares a layer's files with those that its blob unpacks to. `wrong-blob`: the blob is another layer's. With `repair` a damaged layer is replaced, which nobody
   * may have mounted.
   */
  async check(diffId: Digest, blob: string, { repair, signal }: { repair: boolean; signal: AbortSignal }): Promise<LayerState> {
    await using ingest = await this.#ingest.directory();
    const unpacked = await this.#unpack(blob, ingest.path, { signal });
    if (unpacked.diffId !== diffId) return 'wrong-blob';
    const fresh = await this.pack(join(ingest.path, 'layer/fs'), undefined);
    const own = await this.pack(this.path(diffId), undefined).catch(() => undefined);
    if (own?.digest === fresh.digest) return 'whole';
    if (repair) await this.#alone(diffId, () => this.#replace(unpacked, ingest.path));
    return repair ? 'repaired' : 'damaged';
  }

  /** Writes a directory of an overlay as a layer's tar, or only tells its digest. */
  pack(upper: string, target: string | undefined): ReturnType<typeof packInThread> {
    return packInThread({ upper, target, ids: this.#ids });
  }

  /** Answers whether it is gone; a held one stays. */
  async remove(diffId: Digest): Promise<boolean> {
    // Nothing is waited for: what nobody needs now somebody may need then.
    if (this.#held.has(diffId) || this.#unpacking.has(diffId) || this.#moving.has(diffId)) return false;
    this.#records.delete(diffId);
    await this.#alone(diffId, () => removeWhole(join(this.#root, hexOf(diffId)), 'layer'));
    return true;
  }

  async #unpackAs(diffId: Digest, blob: string, { coming, ...context }: AddContext): Promise<LayerRecord> {
    const unpacked = await coming?.take();
    if (context.signal?.aborted === true) throw new Failure('cancelled', 'unpacking was cancelled', { cause: context.signal.reason });
    if (unpacked !== undefined) return await this.#showAs(diffId, unpacked);
    await using ingest = await this.#ingest.directory();
    return await this.#showAs(diffId, { record: await this.#unpack(blob, ingest.path, context), path: ingest.path });
  }

  async #showAs(diffId: Digest, { record, path }: UnpackedAt): Promise<LayerRecord> {
    if (record.diffId !== diffId) {
      throw new Failure('invalid', `layer verification failed: diff id is ${record.diffId}, the image says ${diffId}`, {
        details: { expected: diffId, actual: record.diffId },
      });
    }
    return await this.#show(record, path);
  }

  async #unpack(blob: string, place: string, context: UnpackContext & Pick<UnpackWork, 'growing' | 'hashed'>): Promise<LayerRecord> {
    const directory = join(place, 'layer/fs');
    await mkdir(directory, { recursive: true, mode: 0o755 });
    const { growing, hashed, ...rest } = context;
    const work = { blob, directory, limits: this.#limits, ids: this.#ids, growing, hashed };
    return await durableStep('layer.unpack', () => this.#threads.unpack(work, rest));
  }

  /** Not where it is there already: containers may have that one mounted. */
  async #show(record: LayerRecord, place: string): Promise<LayerRecord> {
    return await this.#alone(record.diffId, async () => this.#records.get(record.diffId) ?? (await this.#replace(record, place)));
  }

  /** Waits until nobody else shows or removes this layer, and does it. */
  async #alone<Result>(diffId: Digest, work: () => Promise<Result>): Promise<Result> {
    for (let other = this.#moving.get(diffId); other !== undefined; other = this.#moving.get(diffId)) await other.catch(() => undefined);
    const moving = work();
    this.#moving.set(diffId, moving);
    try {
      return await moving;
    } finally {
      this.#moving.delete(diffId);
    }
  }

  async #replace(record: LayerRecord, place: string): Promise<LayerRecord> {
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
