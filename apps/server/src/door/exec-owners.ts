import { Injectable } from '@nestjs/common';

/** Who made an exec, where. */
export interface ExecOwner {
  readonly host: string;
  readonly container: string;
  readonly userId: string;
  readonly command: readonly string[];
}

const mostRemembered = 10_000;

/** Who made which exec: only they start and resize it. The oldest are forgotten first; a forgotten one belongs to nobody. */
@Injectable()
export class ExecOwners {
  readonly #owners = new Map<string, ExecOwner>();
  readonly #learning = new Map<string, Promise<void>>();

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

  /** Resolves when it is known whose terminals a host has. */
  async settled(host: string): Promise<void> {
    await this.#learning.get(host);
  }

  find(host: string, execId: string): ExecOwner | undefined {
    return this.#owners.get(`${host}/${execId}`);
  }
}
