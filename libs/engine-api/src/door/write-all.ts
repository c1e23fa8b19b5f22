import type { Bytes } from '../engine.ts';

/** Writes what an engine says until its end; a cut stops the engine also while it is asked (a generator would hear of it only afterwards). */
export async function writeAll(write: (chunk: Uint8Array) => Promise<void>, output: Bytes, cut: Promise<never>): Promise<void> {
  const iterator = output[Symbol.asyncIterator]();
  const state = { isCut: false };
  cut
    .catch(() => {
      state.isCut = true;
      return iterator.return?.();
    })
    .catch(() => undefined);
  for (let next = await iterator.next(); !next.done && !state.isCut; next = await iterator.next()) {
    if (next.value.length === 0) continue;
    try {
      await write(next.value);
    } catch (thrown) {
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
      throw thrown;
    }
  }
}
