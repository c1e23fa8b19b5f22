import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import type { IdMapping } from '@gantry/linux';
import {
  canonicalName,
  canonicalText,
  type Digest,
  digestOf,
  hexOf,
  type ImageConfig,
  parseImageConfig,
  parseJson,
  parseReference,
  type Reference,
} from '@gantry/oci';
import type { z } from 'zod';
import type { ImageId } from '../ids.ts';
import { isDiskFull } from '../layers/disk-failure.ts';
import { BlobStore } from '../layers/blob-store.ts';
import { Ingest } from '../layers/ingest.ts';
import { LayerStore } from '../layers/layer-store.ts';
import { syncDirectory } from '../state/sync-directory.ts';
import { writeDurably } from '../state/durable-file.ts';
import { imageRecord, type ImageRecord, referenceRecord } from './image-record.ts';
import { durableStep } from '../state/durable-step.ts';

export interface StoredImage {
  readonly record: ImageRecord;
  readonly config: ImageConfig;
}

/**
 * Images, their names, blobs and layers under one root. Order of writing: layers and blobs, then the image's record, then its names; removal
 * goes the other way. So an end at any moment leaves at most something that nobody names, which the next start clears away.
 */
export class ImageStore {
  readonly #root: string;
  readonly #images = new Map<ImageId, StoredImage>();
  readonly #names = new Map<string, ImageId>();
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly ingest: Ingest;

  private constructor(root: string, parts: { blobs: BlobStore; layers: LayerStore; ingest: Ingest }) {
    this.#root = root;
    this.blobs = parts.blobs;
    this.layers = parts.layers;
    this.ingest = parts.ingest;
  }

  /** Reads what is there; `report` is told of each record that cannot be read and was put aside. `ids`: to whom the files of layers belong. */
  static async open(root: string, report: (line: string) => void, ids?: IdMapping): Promise<ImageStore> {
    for (const name of ['images', 'names', 'bad']) await mkdir(join(root, name), { recursive: true, mode: 0o700 });
    const ingest = await Ingest.open(join(root, 'ingest'));
    const layers = await LayerStore.open({ root: join(root, 'layers'), ingest, ids }, report);
    const store = new ImageStore(root, { ingest, layers, blobs: await BlobStore.open(join(root, 'blobs')) });
    await store.#readImages(report);
    await store.#readNames(report);
    return store;
  }

  get(id: ImageId): StoredImage | undefined {
    return this.#images.get(id);
  }

  all(): StoredImage[] {
    return [...this.#images.values()];
  }

  /** The image that this one was committed on top of, while it is there. */
  parentOf({ record }: StoredImage): StoredImage | undefined {
    return record.parent === undefined ? undefined : this.#images.get(record.parent);
  }

  childrenOf(id: ImageId): StoredImage[] {
    return this.all().filter(({ record }) => record.parent === id);
  }

  /** The image of a name that has a tag or a digest. */
  named(reference: Reference): ImageId | undefined {
    return this.#names.get(nameOf(reference));
  }

  namesOf(id: ImageId): Reference[] {
    return [...this.#names].filter(([, image]) => image === id).map(([name]) => parseReference(name));
  }

  names(): { readonly name: Reference; readonly image: ImageId }[] {
    return [...this.#names].map(([name, image]) => ({ name: parseReference(name), image }));
  }

  /** Stores a small document as a blob. */
  async putBlob(bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes);
    if (await this.blobs.has(digest)) return digest;
    await using place = await this.ingest.directory();
    await writeFile(join(place.path, 'blob'), bytes, { mode: 0o600 });
    await this.blobs.adopt(join(place.path, 'blob'), digest);
    return digest;
  }

  /** A layer that another image has already, with the blob that it came as, if that is kept; it may be a different one with the same content. */
  keptLayer(diffId: Digest, blob: Digest): ImageRecord['layers'][number] | undefined {
    if (this.layers.get(diffId) === undefined) return undefined;
    const same = this.all().flatMap(({ record }) => record.layers.filter((layer) => layer.diffId === diffId));
    return same.find((layer) => layer.blob?.digest === blob) ?? same[0];
  }

  /** Makes an image visible; its layers and blobs are there already. Doing it again keeps when it was added. */
  async add(configBytes: Uint8Array, parts: Pick<ImageRecord, 'layers' | 'manifest' | 'parent'>): Promise<StoredImage> {
    const config = parseImageConfig(configBytes);
    const id = (await this.putBlob(configBytes)) as string as ImageId;
    const now = Date.now();
    const before = this.#images.get(id)?.record;
    const record: ImageRecord = {
      ...(before?.parent !== undefined && { parent: before.parent }),
      ...parts,
      id,
      addedAtMs: before?.addedAtMs ?? now,
      taggedAtMs: before?.taggedAtMs ?? now,
    };
    return this.#write({ record, config });
  }

  /** Gives the image a name (tag or digest); a name that another image has moves. Answers whose it was. */
  async setName(reference: Reference, image: ImageId): Promise<ImageId | undefined> {
    const name = nameOf(reference);
    const before = this.#names.get(name);
    if (before === image) return before;
    await durableStep('name.record', () => writeDurably(this.#namePath(name), JSON.stringify({ name, image })));
    this.#names.set(name, image);
    const stored = this.#images.get(image);
    if (stored !== undefined) await this.#noteTag({ ...stored, record: { ...stored.record, taggedAtMs: Date.now() } });
    return before;
  }

  /** The name is there: when it came is worth no failure of a full disk. */
  async #noteTag(image: StoredImage): Promise<void> {
    await this.#write(image).catch((cause: unknown) => {
      if (!isDiskFull(cause)) throw cause;
      this.#images.set(image.record.id, image);
    });
  }

  async removeName(reference: Reference): Promise<boolean> {
    const name = nameOf(reference);
    await durableStep('name.remove', () => this.#drop('names', this.#namePath(name)));
    return this.#names.delete(name);
  }

  /** Forgets the image; then its blobs and layers go, where no other image has them. Answers the layers that went, top first. */
  async remove(id: ImageId, isLayerUsed: (diffId: Digest) => boolean): Promise<Digest[]> {
    const stored = this.#images.get(id);
    if (stored === undefined) return [];
    await durableStep('image.remove', () => this.#drop('images', this.#imagePath(id)));
    this.#images.delete(id);
    return this.#clear(blobsOf(stored.record), diffIdsOf(stored.record), isLayerUsed);
  }

  /** What nobody names goes: left by a load or pull that was killed between its layers and its record. Answers how many. */
  async clearLeftovers(isLayerUsed: (diffId: Digest) => boolean): Promise<number> {
    const [blobs, layers] = [await this.blobs.digests(), this.layers.diffIds()];
    await this.#clear(blobs, layers, isLayerUsed);
    return blobs.length + layers.length - (await this.blobs.digests()).length - this.layers.diffIds().length;
  }

  async #clear(blobs: readonly Digest[], layers: readonly Digest[], isLayerUsed: (diffId: Digest) => boolean): Promise<Digest[]> {
    const records = this.all().map(({ record }) => record);
    const usedBlobs = new Set(records.flatMap(blobsOf));
    const usedLayers = new Set(records.flatMap(diffIdsOf));
    for (const blob of blobs) if (!usedBlobs.has(blob)) await this.blobs.remove(blob);
    const gone: Digest[] = [];
    for (const layer of [...new Set(layers)].reverse()) {
      if (!usedLayers.has(layer) && !isLayerUsed(layer) && (await this.layers.remove(layer))) gone.push(layer);
    }
    return gone;
  }

  async #write(image: StoredImage): Promise<StoredImage> {
    await durableStep('image.record', () => writeDurably(this.#imagePath(image.record.id), JSON.stringify(image.record)));
    this.#images.set(image.record.id, image);
    return image;
  }

  async #drop(folder: 'images' | 'names', path: string): Promise<void> {
    await rm(path, { force: true });
    await syncDirectory(join(this.#root, folder));
  }

  #imagePath(id: ImageId): string {
    return join(this.#root, 'images', `${hexOf(id as string as Digest)}.json`);
  }

  #namePath(name: string): string {
    return join(this.#root, 'names', `${createHash('sha256').update(name).digest('hex')}.json`);
  }

  #readImages(report: (line: string) => void): Promise<void> {
    return this.#readRecords({ folder: 'images', schema: imageRecord, report }, async (record, file) => {
      if (`${hexOf(record.id as string as Digest)}.json` !== file) throw new Failure('invalid', `it names ${record.id}`);
      const missing = record.layers.find(({ diffId }) => this.layers.get(diffId) === undefined);
      if (missing !== undefined) throw new Failure('not-found', `its layer ${missing.diffId} is missing`);
      const config = parseImageConfig(await this.blobs.read(record.id as string as Digest));
      this.#images.set(record.id, { record, config });
    });
  }

  #readNames(report: (line: string) => void): Promise<void> {
    return this.#readRecords({ folder: 'names', schema: referenceRecord, report }, ({ name, image }, file) => {
      if (this.#namePath(name) !== join(this.#root, 'names', file)) throw new Failure('invalid', `it names ${name}`);
      if (!this.#images.has(image)) throw new Failure('not-found', `${name} names the missing image ${image}`);
      parseReference(name);
      this.#names.set(name, image);
    });
  }

  /** Each file is a record of its own: one that is damaged costs one image or name, never the start. */
  async #readRecords<T>(
    { folder, schema, report }: { folder: string; schema: z.ZodType<T>; report: (line: string) => void },
    take: (record: T, file: string) => Promise<void> | void,
  ): Promise<void> {
    for (const file of await readdir(join(this.#root, folder))) {
      const path = join(this.#root, folder, file);
      if (file.endsWith('.new')) {
        await rm(path);
        continue;
      }
      try {
        await take(parseJson(schema, 'record', await readFile(path)), file);
      } catch (thrown) {
        const aside = join(this.#root, 'bad', `${folder}-${file}-${Date.now()}`);
        await rename(path, aside);
        report(`record ${folder}/${file} is put aside as ${aside}: ${Failure.from(thrown).message}`);
      }
    }
  }
}

/** A digest names more exactly than a tag beside it, as in Docker's store. */
function nameOf(reference: Reference): string {
  return reference.digest === undefined ? canonicalText(reference) : `${canonicalName(reference)}@${reference.digest}`;
}

function blobsOf(record: ImageRecord): Digest[] {
  const own = [record.id as string as Digest, ...(record.manifest === undefined ? [] : [record.manifest.digest])];
  return [...own, ...record.layers.flatMap(({ blob }) => (blob === undefined ? [] : [blob.digest]))];
}

function diffIdsOf(record: ImageRecord): Digest[] {
  return record.layers.map(({ diffId }) => diffId);
}
