import { type Digest, digestOf } from '@gantry/oci';
import type { ImageRecord } from './image-record.ts';

/** By diff id, the name that Docker tells a layer by: the digest of all layers up to it (OCI image-spec, config.md). */
export function chainIds({ layers }: Pick<ImageRecord, 'layers'>): Map<Digest, Digest> {
  const chains = new Map<Digest, Digest>();
  let chain: Digest | undefined;
  for (const { diffId } of layers) {
    chain = chain === undefined ? diffId : digestOf(`${chain} ${diffId}`);
    chains.set(diffId, chain);
  }
  return chains;
}
