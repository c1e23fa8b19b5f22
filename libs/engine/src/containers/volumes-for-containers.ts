import type { ContainerId } from '../ids.ts';

export interface VolumeRequest {
  /** '' for an anonymous one. */
  readonly name: string;
  readonly driver: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

export interface HeldVolume {
  readonly name: string;
  readonly driver: string;
  /** The directory that is mounted into the container. */
  readonly path: string;
}

/** What containers need of volumes. Each step may run twice. */
export interface VolumesForContainers {
  /** Finds the volume or makes it, and holds it for the container until `release`. */
  hold(container: ContainerId, request: VolumeRequest): Promise<HeldVolume>;
  /** The container exists for good: anonymous volumes that were made for it outlive the engine. */
  confirm(container: ContainerId): Promise<void>;
  /** A container that outlived a former engine is kept what it has, also where the volume's own record was lost. */
  claim(name: string, container: ContainerId): Promise<void>;
  /** Fills an empty volume with what the image has at a place of its rootfs; one that has content stays as it is. Fails with `invalid` where that is no directory. */
  copyUp(name: string, rootfs: string, path: string): Promise<void>;
  /** What the options of a volume say is mounted with its first user, and unmounted after its last. Fails in dockerd's words. */
  mount(name: string, user: ContainerId): Promise<void>;
  unmount(name: string, user: ContainerId): Promise<void>;
  /** The same for as long as the answer is not disposed. */
  use(name: string): Promise<AsyncDisposable>;
  /** Whether its options name a path of the host: who may use the volume need not be one who may reach that. */
  isHostPath(name: string): boolean;
  /** A container that outlived a former engine goes on using it. */
  adopt(name: string, user: ContainerId): void;
  /** The container no longer uses its volumes; those it made anonymously go where that is asked for. */
  release(container: ContainerId, anonymous: readonly string[]): Promise<void>;
}
