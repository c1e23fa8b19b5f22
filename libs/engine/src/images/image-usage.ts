import type { ContainerId, ImageId } from '../ids.ts';

/** A container as far as its image is concerned. */
export interface ImageUser {
  readonly container: ContainerId;
  readonly image: ImageId;
  readonly isRunning: boolean;
}

/** Who uses images now; told by the containers noun. */
export type ImageUsers = () => Iterable<ImageUser>;
