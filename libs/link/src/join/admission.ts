import { Failure } from '@gantry/base';

const longestWaitMs = 60_000;

/** Lets so many in per second and gives the others places in line: a token bucket that holds one second's worth. */
export class Admission {
  readonly #stepMs: number;
  readonly #now: () => number;
  #admittedMs: number;
  #promisedMs = 0;

  constructor(perSecond = 50, now: () => number = () => performance.now()) {
    this.#stepMs = 1000 / perSecond;
    this.#now = now;
    this.#admittedMs = now() - 1000;
  }

  /** Takes a place; `exhausted` where none is free, with `retryAfterMs` in its details that grows with those who wait. */
  enter(): void {
    const now = this.#now();
    const next = Math.max(this.#admittedMs, now - 1000) + this.#stepMs;
    if (next <= now) {
      this.#admittedMs = next;
      return;
    }
    this.#promisedMs = Math.min(Math.max(this.#promisedMs, next) + this.#stepMs, now + longestWaitMs);
    throw new Failure('exhausted', 'too many agents connect at once', { details: { retryAfterMs: Math.ceil(this.#promisedMs - now) } });
  }
}
