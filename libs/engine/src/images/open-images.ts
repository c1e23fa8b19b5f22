import { join } from 'node:path';
import { Failure, version } from '@gantry/base';
import { hostRoot, type IdMapping } from '@gantry/linux';
import { type Credentials, type Digest, familiarText, platformText, type Platform, type Reference, Registries } from '@gantry/oci';
import { diskFailure } from '../layers/disk-failure.ts';
import type { UpperChange } from '../layers/upper-changes.ts';
import type { EventSink } from '../events/engine-event.ts';
import type { ContainerId, ImageId } from '../ids.ts';
import { BlobDownloads } from './blob-downloads.ts';
import { publishPrune } from '../events/prune-event.ts';
import { publishImage } from './image-events.ts';
import { ImageStore, type StoredImage } from './image-store.ts';
import type { ImageUsers } from './image-usage.ts';
import type { ImagesForContainers, ResolvedImage } from './images.ts';
import { type VerifyLine, verifyImages } from './verify-images.ts';
import { type CommitRequest, commitImage } from './commit-image.ts';
import { importImage, type ImportRequest } from './import-image.ts';
import { loadImages } from './load-images.ts';
import { ProgressQueue } from './progress.ts';
import { pullImage } from './pull-image.ts';
import { type LoginWish, registryLogin } from './registry-login.ts';
import { registryTrust } from './registry-trust.ts';
import { type RemovedLine, removeImage, type RemoveOptions, removeUnused } from './remove-image.ts';
import { noLogins } from './stored-logins.ts';
import { resolveImage } from './resolve-image.ts';
import { tagOf } from './tag-of.ts';
import { type HeldRootfs, type OverlayKernel, type RootfsPaths, RootfsStore } from './rootfs-store.ts';

export interface ImagesSettings {
  readonly kernel: OverlayKernel;
  /** The engine's own data directory (`<data-root>/engine`); images, layers, blobs and writable layers lie right below. */
  readonly dataRoot: string;
  readonly events: EventSink;
  /** The user namespace of containers: files of layers belong to its ids. */
  readonly ids?: IdMapping | undefined;
  /** Where images come from; without it from Docker Hub and by TLS alone. */
  readonly config?: { readonly registryMirrors: readonly string[]; readonly insecureRegistries: readonly string[] };
  /** Certificates of single registries; Docker's own place where it is left out. */
  readonly certificatesDirectory?: string;
  /** The first wait before a registry is asked again. */
  readonly retryAfterMs?: number;
  /** Told of what was damaged and put aside, one line each. */
  readonly report?: (line: string) => void;
}

export interface PullWish {
  readonly signal: AbortSignal;
  readonly credentials?: Credentials | undefined;
  readonly platform?: Platform | undefined;
}

/** The images noun: what the host has, and what containers make of it. */
export class Images implements ImagesForContainers, Disposable {
  readonly store: ImageStore;
  readonly registries: Registries;
  readonly #downloads: BlobDownloads;
  readonly #rootfs: RootfsStore;
  readonly #events: EventSink;
  readonly #report: (line: string) => void;
  #users: ImageUsers;

  constructor(parts: {
    store: ImageStore;
    rootfs: RootfsStore;
    events: EventSink;
    registries: Registries;
    report: (line: string) => void;
  }) {
    this.store = parts.store;
    this.registries = parts.registries;
    this.#downloads = new BlobDownloads(parts.store);
    this.#rootfs = parts.rootfs;
    this.#events = parts.events;
    this.#report = parts.report;
    this.#users = () => parts.rootfs.all().map(([container, { image }]) => ({ container, image, isRunning: false }));
  }

  /** Who uses images; until it is told, everyone with a writable layer does and nobody runs. */
  usedBy(users: ImageUsers): void {
    this.#users = users;
  }

  get users(): ImageUsers {
    return this.#users;
  }

  find(reference: string): StoredImage {
    return resolveImage(this.store, reference);
  }

  /** Bytes of the files of all layers. */
  sizeBytes({ record }: StoredImage): number {
    return record.layers.reduce((total, { diffId }) => total + (this.store.layers.get(diffId)?.contentBytes ?? 0), 0);
  }

  /** Where the files of an image lie, in the words of dockerd's driver: its topmost layer, and those below. */
  layerDirectories({ record }: StoredImage): Readonly<Record<string, string>> | null {
    const [top, ...below] = record.layers.map(({ diffId }) => this.store.layers.path(diffId)).reverse();
    if (top === undefined) return null;
    return { ...(below.length > 0 && { LowerDir: below.join(':') }), UpperDir: top };
  }

  async resolve(reference: string): Promise<ResolvedImage> {
    const { record, config } = await Promise.resolve(this.find(reference));
    const { config: runtime } = config;
    return {
      id: record.id,
      platform: platformText({ os: config.os || 'linux', architecture: config.architecture, variant: config.variant || undefined }),
      defaults: {
        env: runtime.Env ?? [],
        entrypoint: runtime.Entrypoint,
        command: runtime.Cmd,
        workingDirectory: runtime.WorkingDir ?? '',
        user: runtime.User ?? '',
        labels: runtime.Labels ?? {},
        exposedPorts: runtime.ExposedPorts ?? [],
        volumes: runtime.Volumes ?? [],
        stopSignal: runtime.StopSignal || undefined,
        healthcheck: runtime.Healthcheck,
      },
    };
  }

  /** Tells that unused images were removed. */
  publishPrune(reclaimedBytes: number): void {
    publishPrune(this.#events, 'image', reclaimedBytes);
  }

  /** Loads an archive; iterating tells the progress in dockerd's words and throws what loading fails with. */
  load(archive: AsyncIterable<Uint8Array>, { signal, platform }: { signal: AbortSignal; platform?: Platform }): ProgressQueue {
    const progress = new ProgressQueue();
    return progress.run(async () => {
      const context = { store: this.store, say: progress.say, signal, ...(platform === undefined ? {} : { platform }) };
      for (const { image } of await loadImages(archive, context)) publishImage(this.#events, { image, action: 'load' });
    });
  }

  /** Makes an image of a container's changes; `upper` is added here. Fails as `commitImage` does. */
  commit(request: Omit<CommitRequest, 'upper'>): Promise<StoredImage> {
    return commitImage(this.store, { ...request, upper: this.#rootfs.upper(request.container) });
  }

  /** Makes an image of a tar; iterating tells the progress in dockerd's words and throws what importing fails with. */
  import(request: ImportRequest, name: Reference | undefined): ProgressQueue {
    const progress = new ProgressQueue();
    return progress.run(async () => {
      const image = await importImage(this.store, request).catch((thrown: unknown) => {
        throw diskFailure(thrown);
      });
      if (name !== undefined) await this.name(image, name);
      publishImage(this.#events, { image, action: 'import' });
      progress.say({ status: image.record.id });
    });
  }

  /** Hashes what is stored again, and repairs what it can; yields a line for each thing that was not whole. Nobody else may have the data root open. */
  verify(signal: AbortSignal, logins = noLogins): AsyncGenerator<VerifyLine, void, undefined> {
    const mountsOf = (diffId: Digest): Promise<ContainerId[]> => this.#rootfs.mountsOf(diffId);
    return verifyImages({ store: this.store, registries: this.registries, downloads: this.#downloads, mountsOf, logins, signal });
  }

  /** Pulls the images of these names, one after another; iterating tells the progress in dockerd's words and throws what pulling fails with. */
  pull(references: readonly Reference[], wish: PullWish): ProgressQueue {
    const progress = new ProgressQueue();
    const context = { ...wish, store: this.store, registries: this.registries, downloads: this.#downloads, say: progress.say };
    return progress.run(async () => {
      for (const name of references) publishImage(this.#events, { image: await pullImage(name, context), action: 'pull', name });
    });
  }

  /** Gives an image one more name; a name that it has already changes nothing. Fails with `invalid` for a name with a digest. */
  async tag(image: string, repository: string, tag: string): Promise<void> {
    const found = this.find(image);
    await this.name(found, tagOf(repository, tag, 'refusing to create a tag with a digest reference'));
  }

  async name(image: StoredImage, name: Reference): Promise<void> {
    await this.store.setName(name, image.record.id);
    publishImage(this.#events, { image, action: 'tag', name });
  }

  remove(reference: string, options: RemoveOptions): Promise<RemovedLine[]> {
    return removeImage(this.#removal(), reference, options);
  }

  /** Removes one image that nobody uses, all its names included. */
  removeUnused(image: StoredImage): Promise<RemovedLine[]> {
    return removeUnused(this.#removal(), image);
  }

  async createRootfs(container: ContainerId, image: ImageId): Promise<void> {
    const stored = this.store.get(image);
    if (stored === undefined) throw new Failure('not-found', `No such image: ${image}`);
    await this.#rootfs.create(container, { image, layers: stored.record.layers.map(({ diffId }) => diffId) });
  }

  mountRootfs(container: ContainerId): Promise<string> {
    return this.#rootfs.mount(container);
  }

  holdRootfs(container: ContainerId): Promise<HeldRootfs> {
    return this.#rootfs.hold(container);
  }

  unmountRootfs(container: ContainerId): Promise<void> {
    return this.#rootfs.unmount(container);
  }

  /** After a restart: of containers that do not run nothing is mounted. */
  unmountUnused(running: ReadonlySet<ContainerId>): Promise<void> {
    return this.#rootfs.unmountUnused(running);
  }

  async removeRootfs(container: ContainerId): Promise<void> {
    await this.#rootfs.remove(container);
  }

  /** After a restart: writable layers of containers that are not known go, and what they alone had of images. */
  async keepOnly(containers: ReadonlySet<string>): Promise<void> {
    const gone = await this.#rootfs.keepOnly(containers);
    for (const container of gone)
      this.#report(`the writable layer of ${container} is removed: the engine ended while that container was made`);
    if (gone.length > 0) await this.store.clearLeftovers((diffId) => this.#rootfs.usesLayer(diffId));
  }

  async sizeOf(container: ContainerId): Promise<{ writableBytes: number; rootfsBytes: number }> {
    const writableBytes = await this.#rootfs.writableBytes(container);
    const layers = this.#rootfs.get(container)?.layers ?? [];
    const below = layers.reduce((total, diffId) => total + (this.store.layers.get(diffId)?.contentBytes ?? 0), 0);
    return { writableBytes, rootfsBytes: writableBytes + below };
  }

  rootfsPaths(container: ContainerId): RootfsPaths {
    return this.#rootfs.paths(container);
  }

  changesOf(container: ContainerId): Promise<readonly UpperChange[]> {
    return this.#rootfs.changes(container);
  }

  /** Tries credentials at a registry; fails with `unauthenticated` where it refuses them. */
  login(wish: LoginWish, signal: AbortSignal): Promise<{ readonly identityToken: string }> {
    return registryLogin(this.registries, wish, signal);
  }

  /** Names as lists show them: `alpine:3`, and `alpine@sha256:…`. */
  namesOf({ record }: StoredImage): { readonly tags: string[]; readonly digests: string[] } {
    const names = this.store.namesOf(record.id);
    const texts = (hasDigest: boolean): string[] =>
      names.filter(({ digest }) => (digest !== undefined) === hasDigest).map(familiarText).sort(); // prettier-ignore
    return { tags: texts(false), digests: texts(true) };
  }

  /** Connections to registries are given up. */
  [Symbol.dispose](): void {
    this.registries[Symbol.dispose]();
  }

  #removal(): Parameters<typeof removeImage>[0] {
    return {
      store: this.store,
      users: this.#users,
      events: this.#events,
      isLayerUsed: (diffId) => this.#rootfs.usesLayer(diffId),
    };
  }
}

/** Opens the images of a data root; what a killed engine left half made goes, damaged records are put aside and reported. */
export async function openImages(settings: ImagesSettings): Promise<Images> {
  const { kernel, dataRoot, events, config, ids, report = () => undefined } = settings;
  const store = await ImageStore.open(dataRoot, report, ids);
  const layerPath = (diffId: Digest): string => store.layers.path(diffId);
  const parts = { root: join(dataRoot, 'rw'), kernel, ingest: store.ingest, layerPath, ...(ids && { owner: hostRoot(ids) }) };
  const rootfs = await RootfsStore.open(parts, report);
  const left = await store.clearLeftovers((diffId) => rootfs.usesLayer(diffId));
  if (left > 0) report(`${left} layers and blobs that no image has are removed`);
  const registries = new Registries({
    insecure: config?.insecureRegistries ?? [],
    mirrors: config?.registryMirrors ?? [],
    trust: registryTrust(settings.certificatesDirectory),
    userAgent: `Gantry/${version}`,
    ...(settings.retryAfterMs === undefined ? {} : { retryAfterMs: settings.retryAfterMs }),
  });
  return new Images({ store, rootfs, events, registries, report });
}
