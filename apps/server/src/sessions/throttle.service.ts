import { createHash } from 'node:crypto';
import { Failure } from '@gantry/base';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ThrottleStore } from './throttle.store.ts';

/** So many tries of one key are free; then it is locked, and after each further one twice as long as before. */
export interface Allowance {
  readonly key: string;
  readonly free: number;
}

const windowMs = 24 * 3_600_000;
const sweepMs = 3_600_000;
const firstLockMs = 5_000;
const longestLockMs = 15 * 60_000;

/**
 * Slows guessing down. A try is counted before it is made, so that many at once do not slip through, and forgotten when it succeeds. The
 * counts are in the database: a restart gives nobody new tries.
 */
@Injectable()
export class ThrottleService implements OnModuleInit, OnModuleDestroy {
  #sweep: NodeJS.Timeout | undefined;

  constructor(private readonly store: ThrottleStore) {}

  onModuleInit(): void {
    const sweep = (): void => void this.store.removeOlderThan(new Date(Date.now() - 2 * windowMs)).catch(() => undefined); // tried again in an hour
    this.#sweep = setInterval(sweep, sweepMs);
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweep);
  }

  /** Counts a try; `exhausted` with `retryAfterSeconds` where one of the keys is locked. */
  async enter(allowances: readonly Allowance[]): Promise<void> {
    for (const { key, free } of allowances) {
      const name = nameOf(key);
      if (!(await this.store.count(name, { free, windowMs, firstLockMs, longestLockMs }))) throw await this.#refusal(name);
    }
  }

  /** The try was good: the keys start again. */
  async forgive(allowances: readonly Allowance[]): Promise<void> {
    for (const { key } of allowances) await this.store.forget(nameOf(key));
  }

  async #refusal(name: string): Promise<Failure> {
    const retryAfterSeconds = Math.max(1, Math.ceil((await this.store.lockedForMs(name)) / 1000));
    return new Failure('exhausted', `too many failed tries: wait ${retryAfterSeconds} s`, { details: { retryAfterSeconds } });
  }
}

/** People type passwords into the field for the name: what is stored does not show it. */
function nameOf(key: string): string {
  const [kind = ''] = key.split(':', 1);
  return `${kind}:${createHash('sha256').update(key).digest('base64url')}`;
}
