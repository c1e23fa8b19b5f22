import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a run ends in this time; a negative one waits for ever. */
export async function endedWithin(ended: Promise<unknown>, seconds: number): Promise<boolean> {
  if (seconds < 0) {
    await ended;
    return true;
  }
  const gaveUp = new AbortController();
  const late = sleep(seconds * 1000, false, { signal: gaveUp.signal }).catch(() => false);
  const isEnded = await Promise.race([ended.then(() => true), late]);
  gaveUp.abort();
  return isEnded;
}
