import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the claim holds; fails with the last answer after 40 s. */
export async function askUntil<Value>(ask: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  const deadline = Date.now() + 40_000;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`it never came: ${JSON.stringify(value)}`);
    await sleep(25);
  }
}
