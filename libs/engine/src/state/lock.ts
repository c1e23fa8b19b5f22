import { Failure } from '@gantry/base';

/** One holder at a time, in the order of asking. */
export class Lock {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when all who hold it or wait for it now have let go. */
  async settled(): Promise<void> {
    (await this.hold())[Symbol.dispose]();
  }

  /** Resolves when the lock is held; disposing lets the next in. Fails with `cancelled` when the signal aborts while waiting. */
  async hold(signal?: AbortSignal): Promise<Disposable> {
    const before = this.#last;
    const { promise, resolve: release } = Promise.withResolvers<undefined>();
    this.#last = before.then(() => promise);
    try {
      await abortable(before, signal);
    } catch (cause) {
      release(undefined);
      throw cause;
    }
    return {
      [Symbol.dispose]: () => {
        release(undefined);
      },
    };
  }
}

/** The promise, or a `cancelled` failure as soon as the signal aborts. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(new Failure('cancelled', 'the caller is gone', { cause: signal.reason }));
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    aborted.catch(() => undefined);
  }
}
