import type { Bytes } from '@gantry/engine-api/client';
import type { FrameType } from './frame.ts';
import type { OutQueue } from './outbox.ts';

/** Bytes on their way out of a channel; stopping also ends a pull that is pending. */
export interface Pump {
  /** Resolves true at the end of the bytes and false where it was stopped; rejects where the bytes break. */
  readonly done: Promise<boolean>;
  stop(): void;
}

/** Sends bytes as data frames of one type, as fast as credit allows. */
export function pump(bytes: Bytes, out: OutQueue, type: FrameType): Pump {
  const iterator = bytes[Symbol.asyncIterator]();
  const stopped = Promise.withResolvers<false>();
  const state = { isOver: false };
  const run = async (): Promise<boolean> => {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      if (state.isOver) return false;
      await out.write(type, next.value);
    }
    return true;
  };
  const done = Promise.race([run(), stopped.promise]).finally(() => (state.isOver = true));
  return {
    done,
    stop: () => {
      if (state.isOver) return;
      state.isOver = true;
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
      stopped.resolve(false);
    },
  };
}
