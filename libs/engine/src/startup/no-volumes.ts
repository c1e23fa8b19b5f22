import { Failure } from '@gantry/base';
import type { VolumesForContainers } from '../containers/volumes-for-containers.ts';

/** An engine without volumes. */
export const noVolumes: VolumesForContainers = {
  hold: () => Promise.reject(new Failure('unsupported', 'volumes are not supported by this engine')),
  copyUp: () => Promise.resolve(),
  release: () => Promise.resolve(),
};
