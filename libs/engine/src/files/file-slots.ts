import { Failure } from '@gantry/base';
import type { Caller } from '@gantry/engine-api';

export interface SlotLimits {
  /** Threads that work with files for requests at once: each takes some 12 MB. */
  readonly inAll: number;
  readonly ofOneCaller: number;
  /** Requests that wait; further ones are refused at once. */
  readonly waiting: number;
  readonly patienceMs: number;
}

const usualLimits: SlotLimits = { inAll: 16, ofOneCaller: 6, waiting: 256, patienceMs: 10_000 };

interface Waiter {
  readonly caller: string;
  readonly admit: () => void;
}

/**
 * Who may have a thread for files: so many in all, and fewer for one caller, whose slow downloads else would keep everybody out. Those who wait are let in by the order
 * in which they came, past callers who have theirs.
 */
export class FileSlots {
  readonly #limits: SlotLimits;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiter>();
  #total = 0;

  constructor(limits: SlotLimits = usualLimits) {
    this.#limits = limits;
  }

  /** Waits for a slot, which ends when it is disposed. Fails with `exhausted` where there is none within ten seconds. */
  async take(caller: Caller, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const key = keyOf(caller);
    if (!this.#isFree(key)) await this.#wait(key, signal);
    else this.#count(key, 1);
    let isLeft = false;
    return {
      [Symbol.dispose]: () => {
        if (isLeft) return;
        isLeft = true;
        this.#count(key, -1);
        this.#admitNext();
      },
    };
  }

  #isFree(caller: string): boolean {
    return this.#total < this.#limits.inAll && (this.#taken.get(caller) ?? 0) < this.#limits.ofOneCaller;
  }

  #count(caller: string, change: 1 | -1): void {
    const taken = (this.#taken.get(caller) ?? 0) + change;
    this.#total += change;
    if (taken === 0) this.#taken.delete(caller);
    else this.#taken.set(caller, taken);
  }

  /** Resolves when the slot is counted already. */
  async #wait(caller: string, signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#limits.waiting) throw this.#tooMany(caller);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiter: Waiter = { caller, admit: () => resolve(undefined) };
    this.#waiting.add(waiter);
    const giveUp = (why: unknown): void => {
      if (this.#waiting.delete(waiter)) reject(why);
    };
    const onAbort = (): void => giveUp(signal.reason);
    const timer = setTimeout(() => giveUp(this.#tooMany(caller)), this.#limits.patienceMs);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #admitNext(): void {
    for (const waiter of this.#waiting) {
      if (!this.#isFree(waiter.caller)) continue;
      this.#waiting.delete(waiter);
      this.#count(waiter.caller, 1);
      waiter.admit();
    }
  }

  #tooMany(caller: string): Failure {
    const own = this.#taken.get(caller) ?? 0;
    return new Failure('exhausted', `too many requests work with files: ${this.#total} of them, ${own} of this caller`);
  }
}

function keyOf(caller: Caller): string {
  switch (caller.kind) {
    case 'person':
      return `person ${caller.id}`;
    case 'process':
      return `process of ${caller.uid ?? 'somebody'}`;
    case 'gantry':
      return `part ${caller.part}`;
  }
}
