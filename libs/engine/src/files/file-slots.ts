import { Failure } from '@gantry/base';
import type { Caller } from '@gantry/engine-api';

export interface SlotLimits {
  /** Threads that work with files for requests at once: each takes some 12 MB. */
  readonly inAll: number;
  readonly ofOnePerson: number;
  /** Requests of persons that wait; further ones are refused at once. */
  readonly waiting: number;
  /** For how long a person's requests wait. */
  readonly patienceMs: number;
}

const usualLimits: SlotLimits = { inAll: 16, ofOnePerson: 6, waiting: 256, patienceMs: 10_000 };

interface Waiter {
  readonly person: string | undefined;
  readonly admit: () => void;
}

/**
 * Who may have a thread for files: so many in all, and fewer for one person, whose slow downloads else would keep everybody out. Processes of the host and parts of
 * Gantry wait as long as it takes, as with dockerd. Those who wait are let in by the order in which they came, past persons who have theirs.
 */
export class FileSlots {
  readonly #limits: SlotLimits;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiter>();
  #total = 0;

  constructor(limits: SlotLimits = usualLimits) {
    this.#limits = limits;
  }

  /** Waits for a slot, which ends when it is disposed. Fails for a person with `exhausted` where there is none within ten seconds, or too many wait. */
  async take(caller: Caller, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const person = personOf(caller);
    if (!this.#isFree(person)) await this.#wait(person, signal);
    else this.#count(person, 1);
    let isLeft = false;
    return {
      [Symbol.dispose]: () => {
        if (isLeft) return;
        isLeft = true;
        this.#count(person, -1);
        this.#admitNext();
      },
    };
  }

  #isFree(person: string | undefined): boolean {
    return this.#total < this.#limits.inAll && (person === undefined || (this.#taken.get(person) ?? 0) < this.#limits.ofOnePerson);
  }

  #count(person: string | undefined, change: 1 | -1): void {
    this.#total += change;
    if (person === undefined) return;
    const taken = (this.#taken.get(person) ?? 0) + change;
    if (taken === 0) this.#taken.delete(person);
    else this.#taken.set(person, taken);
  }

  /** Resolves when the slot is counted already. */
  async #wait(person: string | undefined, signal: AbortSignal): Promise<void> {
    if (person !== undefined && this.#personsWaiting() >= this.#limits.waiting) throw this.#tooMany(person);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiter: Waiter = { person, admit: () => resolve(undefined) };
    this.#waiting.add(waiter);
    const giveUp = (why: unknown): void => {
      if (this.#waiting.delete(waiter)) reject(why);
    };
    const onAbort = (): void => giveUp(signal.reason);
    const timer = person === undefined ? undefined : setTimeout(() => giveUp(this.#tooMany(person)), this.#limits.patienceMs);
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
      if (!this.#isFree(waiter.person)) continue;
      this.#waiting.delete(waiter);
      this.#count(waiter.person, 1);
      waiter.admit();
    }
  }

  #personsWaiting(): number {
    return [...this.#waiting].filter(({ person }) => person !== undefined).length;
  }

  #tooMany(person: string): Failure {
    const own = this.#taken.get(person) ?? 0;
    return new Failure('exhausted', `too many requests work with files: ${this.#total} of them, ${own} of this caller`);
  }
}

const personOf = (caller: Caller): string | undefined => (caller.kind === 'person' ? caller.id : undefined);
