import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the claim holds, looking every few milliseconds; fails with its last words after the limit. */
export async function eventually(claim: () => unknown, limitMs = 40_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      await claim();
      return;
    } catch (thrown) {
      if (performance.now() > deadline) throw thrown;
      await delay(10);
    }
  }
}
