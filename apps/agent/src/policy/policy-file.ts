import { stat } from 'node:fs/promises';
import { type Policy, policyPath, readPolicy } from './policy.ts';

/** The policy of this host as its file says now: a change counts from the next request on. */
export class PolicyFile {
  readonly #dataRoot: string;
  #policy: Policy;
  #seen: string;

  private constructor(dataRoot: string, policy: Policy, seen: string) {
    this.#dataRoot = dataRoot;
    this.#policy = policy;
    this.#seen = seen;
  }

  /** Fails with `invalid` for a file that is wrong. */
  static async open(dataRoot: string): Promise<PolicyFile> {
    const seen = await lookOf(dataRoot);
    return new PolicyFile(dataRoot, await readPolicy(dataRoot), seen);
  }

  /** Fails with `invalid` while the file is wrong: nothing is allowed then. */
  async now(): Promise<Policy> {
    const look = await lookOf(this.#dataRoot);
    if (look === this.#seen) return this.#policy;
    this.#policy = await readPolicy(this.#dataRoot);
    this.#seen = look;
    return this.#policy;
  }
}

/** What another content changes; empty where there is no file. */
async function lookOf(dataRoot: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(policyPath(dataRoot), { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw thrown;
  }
}
