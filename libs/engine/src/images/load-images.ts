import { Failure } from '@gantry/base';
import {
  checkDigest,
  choosePlatform,
  type Digest,
  digestOf,
  familiarText,
  hostPlatform,
  type ImageManifest,
  isTarLayerType,
  manifestMediaType,
  mediaTypes,
  parseImageConfig,
  parseJson,
  parseManifest,
  parseReference,
  type Platform,
  type Reference,
  withDefaultTag,
} from '@gantry/oci';
import * as z from 'zod';
import type { ImageId } from '../ids.ts';
import { diskFailure } from '../layers/disk-failure.ts';
import type { ImageRecord } from './image-record.ts';
import type { ImageStore, StoredImage } from './image-store.ts';
import { checkLayerCount } from './layer-count.ts';
import { type ProgressMessage, progressOf, shortId } from './progress.ts';
import { SpooledArchive, type SpooledFile } from './spool-archive.ts';
import { durableStep } from '../state/durable-step.ts';
import { syncFile } from '../state/sync-file.ts';

/** `manifest.json` of `docker save`. */
const dockerManifests = z
  .array(
    z.object({
      Config: z.string(),
      RepoTags: z.array(z.string()).nullish(),
      Layers: z.array(z.string()).nullish(),
    }),
  )
  .max(1000);

export interface LoadContext {
  readonly store: ImageStore;
  readonly say: (message: ProgressMessage) => void;
  readonly signal: AbortSignal;
  readonly platform?: Platform;
}

export interface LoadedImage {
  readonly image: StoredImage;
  readonly names: readonly Reference[];
}

/**
 * Loads the images of a `docker save` archive or an OCI layout in a tar, telling it in dockerd's words. An image is visible when all of it is
 * there; what fails leaves nothing. Fails with `invalid` for what is no such archive.
 */
export async function loadImages(source: AsyncIterable<Uint8Array>, context: LoadContext): Promise<LoadedImage[]> {
  try {
    return await loadArchive(source, context);
  } catch (thrown) {
    throw diskFailure(thrown);
  }
}

async function loadArchive(source: AsyncIterable<Uint8Array>, context: LoadContext): Promise<LoadedImage[]> {
  await using place = await context.store.ingest.directory();
  await using archive = await durableStep('load.spool', () =>
    SpooledArchive.read(source, { directory: place.path, layers: context.store.layers, signal: context.signal }),
  );
  const load = new ArchiveLoad(archive, context);
  if (archive.file('manifest.json') !== undefined) return await load.dockerArchive();
  if (archive.file('index.json') !== undefined) return await load.ociLayout();
  throw new Failure('invalid', 'invalid archive: does not contain a manifest.json');
}

interface LayerSource {
  readonly diffId: Digest;
  /** Missing where the archive leaves out what the store has already. */
  readonly file: SpooledFile | undefined;
  readonly mediaType: string;
}

interface WantedImage {
  readonly configBytes: Buffer;
  readonly sources: readonly LayerSource[];
  readonly names: readonly Reference[];
  readonly manifest?: { readonly stored: NonNullable<ImageRecord['manifest']>; readonly bytes: Buffer };
}

class ArchiveLoad {
  readonly #archive: SpooledArchive;
  readonly #context: LoadContext;

  constructor(archive: SpooledArchive, context: LoadContext) {
    this.#archive = archive;
    this.#context = context;
  }

  async dockerArchive(): Promise<LoadedImage[]> {
    const manifests = parseJson(dockerManifests, 'manifest.json', await this.#archive.bytes('manifest.json'));
    const loaded: LoadedImage[] = [];
    for (const { Config, RepoTags, Layers } of manifests) {
      const configBytes = await this.#archive.bytes(Config);
      const diffIds = parseImageConfig(configBytes).rootfs.diff_ids;
      const files = Layers ?? [];
      if (files.length !== diffIds.length) {
        throw new Failure('invalid', `invalid manifest, layers length mismatch: expected ${diffIds.length}, got ${files.length}`);
      }
      const names = (RepoTags ?? []).map(parseReference);
      const sources = diffIds.map((diffId, at) => ({
        diffId,
        file: this.#archive.file(files[at] ?? ''),
        mediaType: mediaTypes.dockerLayer,
      }));
      loaded.push(await this.#commit({ configBytes, sources, names }));
    }
    return loaded;
  }

  async ociLayout(): Promise<LoadedImage[]> {
    const top = parseManifest(await this.#archive.bytes('index.json'), mediaTypes.ociIndex);
    if (top.kind !== 'index') throw new Failure('invalid', 'invalid archive: index.json is no image index');
    const loaded: LoadedImage[] = [];
    for (const entry of top.index.manifests) {
      const { manifest, bytes, digest } = await this.#ociManifest(entry.digest, 0);
      const configBytes = await this.#ociBlob(manifest.config.digest);
      const diffIds = parseImageConfig(configBytes).rootfs.diff_ids;
      const layers = manifest.layers.filter(({ mediaType }) => isTarLayerType(mediaType));
      if (layers.length !== diffIds.length) {
        throw new Failure('invalid', `invalid manifest, layers length mismatch: expected ${diffIds.length}, got ${layers.length}`);
      }
      const sources = diffIds.map((diffId, at) => this.#ociLayer(diffId, layers[at]));
      const stored = { digest, mediaType: manifestMediaType(manifest), sizeBytes: bytes.length };
      loaded.push(await this.#commit({ configBytes, sources, names: ociNames(entry.annotations), manifest: { stored, bytes } }));
    }
    return loaded;
  }

  #ociLayer(diffId: Digest, layer: ImageManifest['layers'][number] | undefined): LayerSource {
    const file = layer === undefined ? undefined : this.#archive.file(blobName(layer.digest));
    if (file !== undefined && layer?.digest.startsWith('sha256:') === true) checkDigest('layer', layer.digest, file.digest);
    return { diffId, file, mediaType: layer?.mediaType ?? mediaTypes.ociLayer };
  }

  async #ociManifest(digest: Digest, depth: number): Promise<{ manifest: ImageManifest; bytes: Buffer; digest: Digest }> {
    const bytes = await this.#ociBlob(digest);
    const parsed = parseManifest(bytes);
    if (parsed.kind === 'manifest') return { manifest: parsed.manifest, bytes, digest };
    if (depth > 3) throw new Failure('invalid', 'invalid archive: image indexes are nested too deeply');
    const chosen = choosePlatform(parsed.index, this.#context.platform ?? hostPlatform());
    return this.#ociManifest(chosen.digest, depth + 1);
  }

  async #ociBlob(digest: Digest): Promise<Buffer> {
    const name = blobName(digest);
    const bytes = await this.#archive.bytes(name);
    const found = this.#archive.file(name)?.digest;
    if (found !== undefined && digest.startsWith('sha256:')) checkDigest('blob', digest, found);
    return bytes;
  }

  async #commit(wanted: WantedImage): Promise<LoadedImage> {
    const { store, say } = this.#context;
    const { manifest } = wanted;
    checkLayerCount(wanted.sources.length);
    using _layers = store.layers.hold(wanted.sources.map(({ diffId }) => diffId));
    using _blobs = store.blobs.hold(blobsOf(wanted));
    const layers: ImageRecord['layers'] = [];
    for (const source of wanted.sources) layers.push(await this.#addLayer(source));
    if (manifest !== undefined) await store.putBlob(manifest.bytes);
    const image = await store.add(wanted.configBytes, { layers, ...(manifest && { manifest: manifest.stored }) });
    for (const name of wanted.names) await this.#giveName(name, image.record.id);
    if (wanted.names.length === 0) say({ stream: `Loaded image ID: ${image.record.id}\n` });
    return { image, names: wanted.names.map(withDefaultTag) };
  }

  async #addLayer({ diffId, file, mediaType }: LayerSource): Promise<ImageRecord['layers'][number]> {
    const { store, say, signal } = this.#context;
    const known = store.layers.get(diffId);
    if (file === undefined) {
      if (known === undefined) throw new Failure('invalid', `invalid archive: does not contain the layer ${diffId}`);
      return { diffId };
    }
    const id = shortId(diffId);
    const onProgress = (current: number): void => say(progressOf(id, 'Loading layer', { current, total: file.sizeBytes }));
    if (known === undefined) {
      // What is not hashed again is on the disk as it was hashed.
      const { path, digest, sizeBytes, isPlain, coming } = file;
      if (isPlain) await syncFile(path);
      await store.layers.add(diffId, path, { onProgress, signal, coming, hashed: isPlain ? { digest, sizeBytes } : undefined });
      onProgress(file.sizeBytes);
    }
    if (!(await store.blobs.has(file.digest))) await store.blobs.adopt(file.path, file.digest);
    return { diffId, blob: { digest: file.digest, mediaType, sizeBytes: file.sizeBytes } };
  }

  async #giveName(name: Reference, image: ImageId): Promise<void> {
    const { store, say } = this.#context;
    const full = withDefaultTag(name);
    const before = await store.setName(full, image);
    const text = familiarText(full);
    if (before !== undefined && before !== image) {
      say({ stream: `The image ${text} already exists, renaming the old one with ID ${before} to empty string\n` });
    }
    say({ stream: `Loaded image: ${text}\n` });
  }
}

function blobsOf({ configBytes, sources, manifest }: WantedImage): Digest[] {
  const layers = sources.flatMap(({ file }) => (file === undefined ? [] : [file.digest]));
  return [digestOf(configBytes), ...layers, ...(manifest === undefined ? [] : [manifest.stored.digest])];
}

function blobName(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** The names that containerd, skopeo and buildkit write; a bare tag (`latest`) names nothing. */
function ociNames(annotations: Readonly<Record<string, string>>): Reference[] {
  const name = annotations['io.containerd.image.name'] ?? annotations['org.opencontainers.image.ref.name'] ?? '';
  return /[:/]/.test(name) ? [parseReference(name)] : [];
}
