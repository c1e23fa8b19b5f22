import type { EngineUnderTest } from '../engine-under-test.ts';

/**
 * Every difference between the native engine and the dockerd that it is compared with (20.10, API 1.41), with its reason. The suite proves that
 * there are no others.
 */
const differences = {
  statusOfBadInput: {
    reason: 'dockerd 20.10 answers unreadable JSON, filters and numbers with 500; the description and later dockerds answer 400',
    dockerd: 500,
    native: 400,
  },
  statusOfUnknownCondition: {
    reason: 'dockerd 20.10 waits for any condition that it does not know as if there were none; the description says 400',
    dockerd: 200,
    native: 400,
  },
  statusOfReadOnly: {
    reason: 'dockerd 20.10 calls it an internal error that a volume or rootfs is read-only; the description says 403',
    dockerd: 500,
    native: 403,
  },
  statusOfNeedlessUnpause: {
    reason: 'dockerd 20.10 calls it an internal error; it is the state that is in conflict, as with pausing twice',
    dockerd: 500,
    native: 409,
  },
} as const;

export type Difference = keyof typeof differences;

/** What an engine of this kind does where the two differ. */
export function differing(name: Difference, engine: EngineUnderTest): (typeof differences)[Difference]['dockerd' | 'native'] {
  return differences[name][engine.kind];
}
