const lifeMs = 2 * 60_000;
const most = 10_000;

/** Challenges that were given out: each is good once, for two minutes. Beyond the limit the oldest is forgotten. */
export class Challenges {
  readonly #endsAtMs = new Map<string, number>();

  add(challenge: string): void {
    const [oldest] = this.#endsAtMs.keys();
    if (this.#endsAtMs.size >= most && oldest !== undefined) this.#endsAtMs.delete(oldest);
    this.#endsAtMs.set(challenge, Date.now() + lifeMs);
  }

  /** Whether it was given out and not taken yet. */
  take(challenge: string): boolean {
    const endsAtMs = this.#endsAtMs.get(challenge);
    this.#endsAtMs.delete(challenge);
    return endsAtMs !== undefined && endsAtMs > Date.now();
  }
}
