import type { Digest } from '@gantry/oci';

/** Who holds what: a thing that somebody builds on must not be cleared away before the record that names it is written. */
export class Holds {
  readonly #counts = new Map<Digest, number>();

  has(digest: Digest): boolean {
    return this.#counts.has(digest);
  }

  take(digests: readonly Digest[]): Disposable {
    for (const digest of digests) this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        for (const digest of digests) {
          const left = (this.#counts.get(digest) ?? 1) - 1;
          if (left === 0) this.#counts.delete(digest);
          else this.#counts.set(digest, left);
        }
      },
    };
  }
}
