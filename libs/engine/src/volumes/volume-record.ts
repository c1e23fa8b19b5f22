import { z } from 'zod';
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
});
export type VolumeRecord = z.output<typeof volumeRecord>;
