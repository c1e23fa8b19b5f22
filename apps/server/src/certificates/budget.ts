import { Failure } from '@gantry/base';

/** Keys that are remembered at a time: who has more of them than this gives the oldest ones a new budget. */
const mostKeys = 10_000;

/**
 * So many tries at once for each key, and one more after each `everyMs`: whether a try was good is not asked, so nobody gets new tries by one that is. In the
 * memory of this server, as is what is tried.
 */
export class Budget {
  /** When a key has its whole budget back; in the order of the last try. */
  readonly #wholeAtMs = new Map<string, number>();

  constructor(
    private readonly most: number,
    private readonly everyMs: number,
  ) {}

  /** Takes one try from the budget of the key; `exhausted` with `retryAfterSeconds` where it has none left, which costs none. */
  spend(key: string, nowMs: number = performance.now()): void {
    const wholeAtMs = Math.max(nowMs, this.#wholeAtMs.get(key) ?? 0) + this.everyMs;
    const waitMs = wholeAtMs - nowMs - this.most * this.everyMs;
    if (waitMs > 0) throw refusal(waitMs);
    this.#wholeAtMs.delete(key);
    this.#wholeAtMs.set(key, wholeAtMs);
    const [oldest] = this.#wholeAtMs.keys();
    if (oldest !== undefined && this.#wholeAtMs.size > mostKeys) this.#wholeAtMs.delete(oldest);
  }
}

function refusal(waitMs: number): Failure {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return new Failure('exhausted', `too many tries: wait ${retryAfterSeconds} s`, { details: { retryAfterSeconds } });
}
