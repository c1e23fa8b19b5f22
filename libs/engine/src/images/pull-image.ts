import { Failure } from '@gantry/base';
import {
  choosePlatform,
  type Credentials,
  type Digest,
  familiarText,
  type FetchedManifest,
  hostPlatform,
  type ImageConfig,
  type ImageManifest,
  isTarLayerType,
  parseImageConfig,
  parseManifest,
  type Platform,
  platformScore,
  platformText,
  type Reference,
  type Registries,
  Repository,
  verified,
} from '@gantry/oci';
import { diskFailure } from '../layers/disk-failure.ts';
import type { BlobDownloads } from './blob-downloads.ts';
import type { ImageRecord } from './image-record.ts';
import type { ImageStore, StoredImage } from './image-store.ts';
import { checkLayerCount } from './layer-count.ts';
import { type ProgressMessage, progressOf, shortId } from './progress.ts';
import { pullFailure } from './pull-failure.ts';

export interface PullContext {
  readonly store: ImageStore;
  readonly registries: Registries;
  readonly downloads: BlobDownloads;
  readonly say: (message: ProgressMessage) => void;
  readonly signal: AbortSignal;
  readonly credentials?: Credentials | undefined;
  readonly platform?: Platform | undefined;
}

type Layer = ImageManifest['layers'][number];

interface Resolved {
  /** What the name stands for: of a list the list's, as `docker images --digests` shows. */
  readonly digest: Digest;
  readonly fetched: FetchedManifest;
  readonly manifest: ImageManifest;
}

/**
 * Pulls one image by its tag or digest and tells it in dockerd's words. The image is visible when all of it is there and checked; layers that
 * are there are not fetched again; blobs that were whole before a failure or a cancel serve the next try and go at the next start.
 */
export async function pullImage(reference: Reference, context: PullContext): Promise<StoredImage> {
  try {
    const { repository, top } = await findManifest(reference, context);
    return await new Pull(reference, repository, context).run(top);
  } catch (thrown) {
    throw pullFailure(diskFailure(thrown), reference);
  }
}

const wishOf = ({ digest, tag }: Reference): string => digest ?? tag ?? 'latest';

/** A mirror that does not have it, or cannot give it, is passed over. */
async function findManifest(reference: Reference, context: PullContext): Promise<{ repository: Repository; top: FetchedManifest }> {
  for await (const registry of context.registries.places(reference, context)) {
    const repository = new Repository(registry, reference);
    try {
      return { repository, top: await repository.manifest(wishOf(reference), context.signal) };
    } catch (thrown) {
      if (!registry.isMirror || context.signal.aborted) throw thrown;
    }
  }
  throw new Failure('not-found', `manifest for ${familiarText(reference)} not found`);
}

class Pull {
  readonly #reference: Reference;
  readonly #repository: Repository;
  readonly #context: PullContext;
  /** Held until the image's record is written. */
  readonly #kept = new DisposableStack();

  constructor(reference: Reference, repository: Repository, context: PullContext) {
    this.#reference = reference;
    this.#repository = repository;
    this.#context = context;
  }

  async run(top: FetchedManifest): Promise<StoredImage> {
    const { store, say } = this.#context;
    say({ status: `Pulling from ${this.#reference.path}`, id: wishOf(this.#reference) });
    const resolved = await this.#resolved(top, 0);
    const id = resolved.manifest.config.digest;
    const before = this.#names(resolved.digest).map((name) => store.named(name));
    const known = store.all().find(({ record }) => record.id === (id as string));
    const image = known ?? (await this.#fetch(resolved));
    for (const name of this.#names(resolved.digest)) await store.setName(name, image.record.id);
    const isNew = before.some((one) => one !== image.record.id);
    say({ status: `Digest: ${resolved.digest}` });
    const shown = familiarText(this.#reference);
    say({ status: isNew ? `Status: Downloaded newer image for ${shown}` : `Status: Image is up to date for ${shown}` });
    return image;
  }

  /** The tag, where one was asked for, and always the digest. */
  #names(digest: Digest): Reference[] {
    const { domain, path, tag } = this.#reference;
    const byDigest = { domain, path, digest };
    return this.#reference.digest === undefined && tag !== undefined ? [{ domain, path, tag }, byDigest] : [byDigest];
  }

  async #resolved(fetched: FetchedManifest, depth: number): Promise<Resolved> {
    const parsed = parseManifest(fetched.bytes, fetched.mediaType);
    if (parsed.kind === 'manifest') return { digest: fetched.digest, fetched, manifest: parsed.manifest };
    if (depth > 3) throw new Failure('invalid', 'image indexes are nested too deeply');
    const entry = choosePlatform(parsed.index, this.#context.platform ?? hostPlatform());
    const inner = await this.#repository.manifest(entry.digest, this.#context.signal);
    return { ...(await this.#resolved(inner, depth + 1)), digest: fetched.digest };
  }

  async #fetch({ manifest, fetched }: Resolved): Promise<StoredImage> {
    const { store } = this.#context;
    const strange = manifest.layers.find(({ mediaType }) => mediaType !== '' && !isTarLayerType(mediaType));
    if (strange !== undefined)
      throw new Failure('unsupported', `layer ${strange.digest} has the unsupported media type ${strange.mediaType}`);
    using _blobs = store.blobs.hold([manifest.config.digest, fetched.digest, ...manifest.layers.map(({ digest }) => digest)]);
    const configBytes = await this.#config(manifest);
    const config = parseImageConfig(configBytes);
    this.#checkConfig(config, manifest);
    const diffIds = config.rootfs.diff_ids;
    using _layers = store.layers.hold(diffIds);
    using _kept = this.#kept;
    await store.putBlob(fetched.bytes);
    const layers = await this.#layers(manifest.layers, diffIds);
    const stored = { digest: fetched.digest, mediaType: fetched.mediaType, sizeBytes: fetched.bytes.length };
    return await store.add(configBytes, { layers, manifest: stored });
  }

  async #config({ config }: ImageManifest): Promise<Buffer> {
    const { store, signal } = this.#context;
    if (await store.blobs.has(config.digest)) return store.blobs.read(config.digest);
    const source = this.#repository.blob({ digest: config.digest, sizeBytes: config.size, signal });
    try {
      return Buffer.concat(await Array.fromAsync(verified(source, { digest: config.digest, sizeBytes: config.size })));
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.code !== 'invalid') throw failure;
      throw new Failure('invalid', `image config verification failed for digest ${config.digest}`, { cause: failure });
    }
  }

  #checkConfig(config: ImageConfig, manifest: ImageManifest): void {
    const count = config.rootfs.diff_ids.length;
    checkLayerCount(count);
    if (count !== manifest.layers.length) {
      throw new Failure('invalid', `the image has ${manifest.layers.length} layers, its configuration lists ${count}`);
    }
    const { platform } = this.#context;
    const offer = { os: config.os, architecture: config.architecture, variant: config.variant === '' ? undefined : config.variant };
    if (platform !== undefined && platformScore(platform, offer) === 0) {
      const wanted = platformText(platform);
      throw new Failure(
        'not-found',
        `image with reference ${familiarText(this.#reference)} was found but its platform (${platformText(offer)}) does not match the specified platform (${wanted})`,
      );
    }
  }

  /** All at once; the first that fails stops the others. */
  async #layers(layers: readonly Layer[], diffIds: readonly Digest[]): Promise<ImageRecord['layers']> {
    for (const { digest } of layers) this.#say(digest, 'Pulling fs layer');
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#context.signal, stop.signal]);
    const work = diffIds.map(async (diffId, at) => {
      const layer = layers[at];
      if (layer === undefined) throw new Failure('internal', 'a layer is missing');
      try {
        return await this.#layer(layer, diffId, signal);
      } catch (failure) {
        stop.abort();
        throw failure;
      }
    });
    const ended = await Promise.allSettled(work);
    const failures = ended.flatMap((one) => (one.status === 'rejected' ? [Failure.from(one.reason)] : []));
    const first = failures.find(({ code }) => code !== 'cancelled') ?? failures[0];
    if (first !== undefined) throw first;
    return ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  }

  async #layer(layer: Layer, diffId: Digest, signal: AbortSignal): Promise<ImageRecord['layers'][number]> {
    const { store, downloads } = this.#context;
    const blob = { digest: layer.digest, mediaType: layer.mediaType, sizeBytes: layer.size };
    const kept = store.keptLayer(diffId, layer.digest);
    if (kept !== undefined) {
      // It may be another blob with the same content, whose image is being removed.
      if (kept.blob !== undefined) this.#kept.use(store.blobs.hold([kept.blob.digest]));
      this.#say(layer.digest, 'Already exists');
      return kept;
    }
    const tell = (status: string) => (current: number) =>
      this.#context.say(progressOf(shortId(layer.digest), status, { current, total: layer.size }));
    const download = { digest: layer.digest, sizeBytes: layer.size, from: this.#repository };
    await downloads.fetch(download, { onProgress: tell('Downloading'), signal });
    this.#say(layer.digest, 'Verifying Checksum');
    this.#say(layer.digest, 'Download complete');
    await store.layers.add(diffId, store.blobs.path(layer.digest), { onProgress: tell('Extracting'), signal });
    tell('Extracting')(layer.size);
    this.#say(layer.digest, 'Pull complete');
    return { diffId, blob };
  }

  #say(digest: Digest, status: string): void {
    this.#context.say({ status, progressDetail: {}, id: shortId(digest) });
  }
}
