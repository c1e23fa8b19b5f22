import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import type { PolicyFile } from '../policy/policy-file.ts';
import type { SessionTerminal } from '../sessions/session.ts';
import { loginShell } from './login-shell.ts';

/** What somebody would get, or why they get nothing. */
export interface HostShellState {
  readonly isAllowed: boolean;
  /** Why not; undefined where it is allowed. */
  readonly why?: string;
  /** Of the agent: whoever types is that. */
  readonly user: string;
  readonly program: string;
}

/** A shell on the host itself. The host's policy file is asked each time: without `hostShell: true` in it there is none. */
export class HostShell {
  readonly #policy: Pick<PolicyFile, 'now'>;
  readonly #lookMs: number;

  /** Where one is open the policy is looked at every `lookMs`. */
  constructor(policy: Pick<PolicyFile, 'now'>, lookMs = 1000) {
    this.#policy = policy;
    this.#lookMs = lookMs;
  }

  async inspect(): Promise<HostShellState> {
    const why = await this.#forbidden();
    const { user, program } = loginShell();
    return { isAllowed: why === undefined, ...(why === undefined ? {} : { why }), user, program };
  }

  /** What would be opened; `forbidden` where the policy does not allow it. */
  async allowed(): Promise<{ readonly command: string }> {
    const why = await this.#forbidden();
    if (why !== undefined) throw new Failure('forbidden', `the policy of this host forbids a shell on it: ${why}`);
    const { user, program } = loginShell();
    return { command: `${program} -l as ${user}` };
  }

  /** Starts it. `unavailable` where there is no terminal left or the shell is not there. */
  async open(size: { readonly columns: number; readonly rows: number }): Promise<SessionTerminal> {
    // Loaded where it is used: most agents open none.
    const { startHostTerminal } = await import('./host-terminal.ts');
    return startHostTerminal(loginShell(), size);
  }

  /** Resolves when the policy forbids it at two looks in a row: an editor that is just writing the file changes nothing. Rejects when the signal aborts. */
  async whenForbidden(signal: AbortSignal): Promise<void> {
    let looks = 0;
    while (looks < 2) {
      await pause(this.#lookMs, undefined, { signal, ref: false });
      looks = (await this.#forbidden()) === undefined ? 0 : looks + 1;
    }
  }

  async #forbidden(): Promise<string | undefined> {
    try {
      const { hostShell, changes } = await this.#policy.now();
      if (!hostShell) return 'hostShell is not true in its policy.json';
      return changes ? undefined : 'changes is false in its policy.json';
    } catch (thrown) {
      return Failure.from(thrown).message;
    }
  }
}
