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

  add(execId: string, owner: ExecOwner): void {
    this.#owners.set(execId, owner);
    const [oldest] = this.#owners.keys();
    if (this.#owners.size > mostRemembered && oldest !== undefined) this.#owners.delete(oldest);
  }

  find(host: string, execId: string): ExecOwner | undefined {
    const owner = this.#owners.get(execId);
    return owner?.host === host ? owner : undefined;
  }
}
