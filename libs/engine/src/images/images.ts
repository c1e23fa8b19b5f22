import type { Reference } from '@gantry/oci';
import type { ContainerId, ImageId } from '../ids.ts';
import type { UpperChange } from '../layers/upper-changes.ts';
import type { CommitRequest } from './commit-image.ts';
import type { StoredImage } from './image-store.ts';
import type { HeldRootfs, RootfsPaths } from './rootfs-store.ts';

/** What a container takes over from its image; the fields are those of the OCI image configuration ("config"). */
export interface ImageDefaults {
  readonly env: readonly string[];
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly workingDirectory: string;
  readonly user: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As `80/tcp`. */
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly stopSignal: string | undefined;
  readonly healthcheck: Readonly<Record<string, unknown>> | undefined;
}

export interface ResolvedImage {
  readonly id: ImageId;
  /** `linux/amd64` */
  readonly platform: string;
  readonly defaults: ImageDefaults;
}

/** What containers need of images and layers. */
export interface ImagesForContainers {
  /** Finds an image by id, unique id prefix, reference or digest. Fails with `not-found` in dockerd's words (`No such image: x:latest`). */
  resolve(reference: string): Promise<ResolvedImage>;
  /** Makes the writable layer of a container on top of an image, durably; doing it twice changes nothing. Holds the image until `removeRootfs`. */
  createRootfs(container: ContainerId, image: ImageId): Promise<void>;
  /** Mounts it (overlayfs) where it is not mounted yet and answers the merged path. */
  mountRootfs(container: ContainerId): Promise<string>;
  /** Mounts it where it is not mounted yet, for as long as it is held. */
  holdRootfs(container: ContainerId): Promise<HeldRootfs>;
  /** Unmounts it where it is mounted and nobody holds it. */
  unmountRootfs(container: ContainerId): Promise<void>;
  /** Unmounts it and removes the writable layer. */
  removeRootfs(container: ContainerId): Promise<void>;
  /** Where its layers are: those of the image, topmost first, the writable one, overlayfs's work directory and the mount. */
  rootfsPaths(container: ContainerId): RootfsPaths;
  /** Makes an image of what a container changed. Fails with `not-found` where its own image is gone. */
  commit(request: Omit<CommitRequest, 'upper'>): Promise<StoredImage>;
  /** Gives an image one more name. */
  name(image: StoredImage, name: Reference): Promise<void>;
  /** Bytes of the writable layer and of the whole rootfs. */
  sizeOf(container: ContainerId): Promise<{ readonly writableBytes: number; readonly rootfsBytes: number }>;
  /** What the container changed in its rootfs, sorted by path. */
  changesOf(container: ContainerId): Promise<readonly UpperChange[]>;
}
