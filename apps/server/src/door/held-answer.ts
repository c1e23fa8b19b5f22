import type { Bytes, EngineResponse } from '@gantry/engine-api';
import type { Hold } from '../access/standing.ts';

/**
 * An answer that lasts as long as the caller may have it: where the right goes, it ends at once and says why, whatever the engine does. A whole
 * answer is there already.
 */
export function heldAnswer(response: EngineResponse, hold: Hold): EngineResponse {
  if (response.kind === 'hijacked') return { ...response, open: (input) => held(response.open(input), hold) };
  if (!(response.body instanceof Uint8Array)) return { ...response, body: held(response.body, hold) };
  hold[Symbol.dispose]();
  return response;
}

async function* held(output: Bytes, hold: Hold): AsyncGenerator<Uint8Array> {
  using _released = hold;
  const { signal } = hold;
  const taken = Promise.withResolvers<never>();
  taken.promise.catch(() => undefined); // it is raced against each chunk
  const onTaken = (): void => taken.reject(signal.reason as Error);
  signal.addEventListener('abort', onTaken);
  const iterator = output[Symbol.asyncIterator]();
  let isOver = false;
  try {
    signal.throwIfAborted();
    for (;;) {
      const next = await Promise.race([iterator.next(), taken.promise]);
      signal.throwIfAborted();
      if (next.done) break;
      yield next.value;
    }
    isOver = true;
  } catch (thrown) {
    throw signal.aborted ? (signal.reason as Error) : thrown;
  } finally {
    signal.removeEventListener('abort', onTaken);
    const closing = isOver ? undefined : iterator.return?.();
    // One that is asked for a chunk answers when it has one: it is not waited for where the right is gone; by its signal it knows.
    if (signal.aborted) closing?.catch(() => undefined);
    else await closing;
  }
}
