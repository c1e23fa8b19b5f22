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
const firstLockMs = 30_000;
const longestLockMs = 15 * 60_000;

/**
 * Slows guessing down. A try is counted before it is made, so that many at once do not slip through, and forgotten when it succeeds. The
 * counts are in the database: a restart gives nobody new tries.
 */
@Injectable()
export class ThrottleService implements OnModuleInit, OnModuleDestroy {
  /** How many tries of a key are under way. */
  readonly #underWay = new Map<string, number>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(private readonly store: ThrottleStore) {}

  onModuleInit(): void {
    const sweep = (): void => void this.store.removeOlderThan(new Date(Date.now() - 2 * windowMs)).catch(() => undefined); // tried again in an hour
    this.#sweep = setInterval(sweep, sweepMs);
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweep);
  }

  /**
   * Counts a try; `exhausted` with `retryAfterSeconds` where one of the keys is locked. The try is under way until what is returned is disposed: of a
   * key no more are under way at once than are free, so a machine that is slow over the first ones lets no others through when their lock is over.
   */
  async enter(allowances: readonly Allowance[]): Promise<Disposable> {
    const names = allowances.map(({ key, free }) => ({ name: nameOf(key), free }));
    for (const { name, free } of names) if ((this.#underWay.get(name) ?? 0) >= free) throw refusal(firstLockMs);
    for (const { name } of names) this.#underWay.set(name, (this.#underWay.get(name) ?? 0) + 1);
    const leave = (): void => names.forEach(({ name }) => this.#leave(name));
    try {
      for (const { name, free } of names)
        if (!(await this.store.count(name, { free, windowMs, firstLockMs, longestLockMs })))
          throw refusal(await this.store.lockedForMs(name));
    } catch (thrown) {
      leave();
      throw thrown;
    }
    return { [Symbol.dispose]: leave };
  }

  /** The try was good: the keys start again. */
  async forgive(allowances: readonly Allowance[]): Promise<void> {
    for (const { key } of allowances) await this.store.forget(nameOf(key));
  }

  #leave(name: string): void {
    const left = (this.#underWay.get(name) ?? 1) - 1;
    if (left > 0) this.#underWay.set(name, left);
    else this.#underWay.delete(name);
  }
}

function refusal(lockedForMs: number): Failure {
  const retryAfterSeconds = Math.max(1, Math.ceil(lockedForMs / 1000));
  return new Failure('exhausted', `too many failed tries: wait ${retryAfterSeconds} s`, { details: { retryAfterSeconds } });
}

/** People type passwords into the field for the name: what is stored does not show it. */
function nameOf(key: string): string {
  const [kind = ''] = key.split(':', 1);
  return `${kind}:${createHash('sha256').update(key).digest('base64url')}`;
}
