import { Lock } from './lock.ts';

/** A lock per name, that exists while somebody holds it or waits for it. */
export class NamedLocks {
  readonly #locks = new Map<string, { readonly lock: Lock; wishes: number }>();

  /** Resolves when the lock is held; disposing lets the next in. Fails with `cancelled` when the signal aborts while waiting. */
  async hold(name: string, signal?: AbortSignal): Promise<Disposable> {
    const entry = this.#locks.get(name) ?? { lock: new Lock(), wishes: 0 };
    this.#locks.set(name, entry);
    entry.wishes++;
    const done = (): void => {
      if (--entry.wishes === 0) this.#locks.delete(name);
    };
    try {
      const held = await entry.lock.hold(signal);
      return {
        [Symbol.dispose]: () => {
          held[Symbol.dispose]();
          done();
        },
      };
    } catch (cause) {
      done();
      throw cause;
    }
  }
}
