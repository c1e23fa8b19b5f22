import { Failure } from '@gantry/base';
import type { Bytes } from '../engine.ts';

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The bytes of nothing. */
export const noBytes: Bytes = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(done), return: () => Promise.resolve(done) }),
};

/** Says that nobody will read these bytes, so that nobody waits for their sender. */
export function leaveUnread(bytes: Bytes): void {
  void Promise.resolve(bytes[Symbol.asyncIterator]().return?.()).catch(() => undefined);
}

/**
 * Bytes from a pull function. Unlike an async generator, whose `return()` waits for a pending `next()`, stopping is immediate: the reader's
 * pending `next()` resolves as the end, `stop` is called once, and what a pull brings after that is dropped. Single use: a second iterator throws.
 *
 * `pull` answers the next chunk, or undefined at the end; it is never called again after the end, a throw or a stop.
 */
export function pulledBytes(pull: () => Promise<Uint8Array | undefined>, stop: () => void = () => undefined): Bytes {
  const iterator = new PulledIterator(pull, stop);
  let isTaken = false;
  return {
    [Symbol.asyncIterator]() {
      if (isTaken) throw new TypeError('these bytes are read already');
      isTaken = true;
      return iterator;
    },
  };
}

class PulledIterator implements AsyncIterator<Uint8Array, undefined> {
  readonly #pull: () => Promise<Uint8Array | undefined>;
  readonly #stop: () => void;
  #isOver = false;
  #finishPending: (() => void) | undefined;

  constructor(pull: () => Promise<Uint8Array | undefined>, stop: () => void) {
    this.#pull = pull;
    this.#stop = stop;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isOver) return Promise.resolve(done);
    return new Promise((resolve, reject) => {
      this.#finishPending = () => resolve(done);
      this.#pull().then(
        (value) => {
          this.#finishPending = undefined;
          if (value === undefined) this.#isOver = true;
          resolve(value === undefined ? done : { done: false, value });
        },
        (thrown: unknown) => {
          this.#finishPending = undefined;
          this.#isOver = true;
          reject(Failure.from(thrown));
        },
      );
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#finishPending?.();
      this.#stop();
    }
    return Promise.resolve(done);
  }
}
