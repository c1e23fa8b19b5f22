import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';

/** Who made an exec, where. */
export interface ExecOwner {
  readonly host: string;
  readonly container: string;
  readonly userId: string;
  readonly command: readonly string[];
}

const mostRemembered = 10_000;
/** Of one person at one host: requests that wait until it has told which terminals it has, each with its memory and its connection. */
const mostWaiting = 64;
const mostWaitMs = 10_000;

/** Who made which exec: only they start and resize it. The oldest are forgotten first; a forgotten one belongs to nobody. */
@Injectable()
export class ExecOwners {
  readonly #owners = new Map<string, ExecOwner>();
  readonly #learning = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, number>();

  add(execId: string, owner: ExecOwner): void {
    this.#owners.set(`${owner.host}/${execId}`, owner);
    const [oldest] = this.#owners.keys();
    if (this.#owners.size > mostRemembered && oldest !== undefined) this.#owners.delete(oldest);
  }

  /** A host has come back: which terminals it still has, and whose they are, is being asked. */
  learn(host: string, learnt: Promise<void>): void {
    const done = learnt.catch(() => undefined).finally(() => this.#learning.get(host) === done && this.#learning.delete(host));
    this.#learning.set(host, done);
  }

  /**
   * Resolves when it is known whose terminals a host has. `unavailable` where the host does not say in time, and where the person has too many waiting for
   * that: it is for whoever asks to try again. Rejects when the signal aborts.
   */
  async settled(host: string, { userId, signal }: { userId: string; signal: AbortSignal }, limitMs = mostWaitMs): Promise<void> {
    const learning = this.#learning.get(host);
    if (!learning) return;
    signal.throwIfAborted();
    const key = `${host}/${userId}`;
    const before = this.#waiting.get(key) ?? 0;
    if (before >= mostWaiting) throw new Failure('unavailable', 'too many requests wait already for the terminals of this host');
    this.#waiting.set(key, before + 1);
    const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
    const leave = (): void => giveUp(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    const late = (): void => giveUp(new Failure('unavailable', 'the host has not said yet which terminals it has'));
    const timer = setTimeout(late, limitMs);
    try {
      await Promise.race([learning, givenUp]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      const left = (this.#waiting.get(key) ?? 1) - 1;
      if (left > 0) this.#waiting.set(key, left);
      else this.#waiting.delete(key);
    }
  }

  find(host: string, execId: string): ExecOwner | undefined {
    return this.#owners.get(`${host}/${execId}`);
  }
}
