import { setTimeout as pause } from 'node:timers/promises';
import type { TestServer } from './start-test-server.ts';

const limitMs = 1_000;
const everyMs = 20;
/** An end is a few steps of programs that wait for their turn, a request that is answered at once is two. */
const steps = 5;

/**
 * Brings something about that ends another thing within a second of its answer; what the database takes to write before the answer is not counted. On a
 * busy machine everything takes longer: small requests are asked one after the other meanwhile, and some times what the slowest of them took is allowed
 * besides. Answers with what `bringAbout` does; fails with the times where the end came later.
 */
export async function endsWithinASecond<Value>(
  { url }: Pick<TestServer, 'url'>,
  ended: Promise<unknown>,
  bringAbout: () => Promise<Value>,
): Promise<Value> {
  const watched = new AbortController();
  const slowest = slowestRequest(url, watched.signal);
  try {
    const [value, endedMs] = await Promise.all([
      bringAbout().then((answer) => ({ answer, atMs: performance.now() })),
      ended.then(() => performance.now()),
    ]);
    watched.abort();
    const lateMs = endedMs - value.atMs;
    const slowestMs = await slowest;
    if (lateMs > limitMs + steps * slowestMs)
      throw new Error(`it ended ${Math.round(lateMs)} ms after the answer; a small request took ${Math.round(slowestMs)} ms meanwhile`);
    return value.answer;
  } finally {
    watched.abort();
    await slowest;
  }
}

async function slowestRequest(url: string, signal: AbortSignal): Promise<number> {
  let slowestMs = 0;
  while (!signal.aborted) {
    const startMs = performance.now();
    await (await fetch(`${url}/healthz`)).text();
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
    await pause(everyMs);
  }
  return slowestMs;
}
