import { Failure } from '@gantry/base';

/** Docker's own limit (moby layer.MaxLayerDepth is 125 and a container adds two); overlayfs itself would take 500. */
const mostLayers = 127;

/** Fails with `invalid` in dockerd's words where an image has more layers than one may have; asked before any is unpacked. */
export function checkLayerCount(count: number): void {
  if (count > mostLayers) throw new Failure('invalid', `max depth exceeded: the image has ${count} layers, ${mostLayers} are the limit`);
}
