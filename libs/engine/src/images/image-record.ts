import { type Digest, isDigest } from '@gantry/oci';
import * as z from 'zod';
import type { ImageId } from '../ids.ts';

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'not a digest');
const imageId = z.custom<ImageId>((value) => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value), 'not an image id');

/** What is stored per image besides its configuration; layers from the bottom up. */
export const imageRecord = z.object({
  id: imageId,
  manifest: z.object({ digest, mediaType: z.string(), sizeBytes: z.number() }).optional(),
  layers: z.array(
    z.object({
      diffId: digest,
      /** The layer as it came, in the blob store. */
      blob: z.object({ digest, mediaType: z.string(), sizeBytes: z.number() }).optional(),
    }),
  ),
  /** The image of the container that this one was committed of. */
  parent: imageId.optional(),
  addedAtMs: z.number(),
  taggedAtMs: z.number(),
});
export type ImageRecord = z.output<typeof imageRecord>;

/** One name of one image; `name` is canonical. */
export const referenceRecord = z.object({ name: z.string(), image: imageId });
export type ReferenceRecord = z.output<typeof referenceRecord>;
