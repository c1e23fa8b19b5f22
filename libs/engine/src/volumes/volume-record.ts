import * as z from 'zod';
import type { ContainerId } from '../ids.ts';

const texts = z.record(z.string(), z.string());

/** What is stored per volume beside its data. */
export const volumeRecord = z.object({
  name: z.string(),
  driver: z.literal('local'),
  labels: texts,
  options: texts,
  isAnonymous: z.boolean(),
  createdAtMs: z.number(),
  /** The containers that it is kept for. */
  holders: z.array(z.custom<ContainerId>((value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value))),
  /** Made for a container that is being created: goes when that never came to be. */
  isAwaited: z.boolean().optional(),
  /** The image's content is being copied into it: a part of it is nobody's. */
  isFilling: z.boolean().optional(),
});
export type VolumeRecord = z.output<typeof volumeRecord>;
