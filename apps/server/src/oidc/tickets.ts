import { createHash, randomBytes } from 'node:crypto';

const lifeMs = 10 * 60_000;
const most = 10_000;
const mostPerAddress = 30;

interface Kept<T> {
  readonly value: T;
  readonly address: string;
  readonly endsAtMs: number;
}

/**
 * What waits for somebody to come back, known by a token of 256 bits that only their browser has. Each is there for ten minutes. Beyond the limits, of which
 * each address has its own, the oldest is forgotten: who begins often pushes out nobody else.
 */
export class Tickets<T> {
  readonly #kept = new Map<string, Kept<T>>();

  /** The token for the browser. */
  add(value: T, address: string): string {
    this.#makeRoom(address);
    const token = randomBytes(32).toString('base64url');
    this.#kept.set(hash(token), { value, address, endsAtMs: Date.now() + lifeMs });
    return token;
  }

  find(token: string | undefined): T | undefined {
    const kept = token === undefined ? undefined : this.#kept.get(hash(token));
    return kept !== undefined && kept.endsAtMs > Date.now() ? kept.value : undefined;
  }

  /** Finds it once: of several at once one gets it. */
  take(token: string | undefined): T | undefined {
    const value = this.find(token);
    if (token !== undefined) this.#kept.delete(hash(token));
    return value;
  }

  #makeRoom(address: string): void {
    const now = Date.now();
    for (const [key, { endsAtMs }] of this.#kept) {
      if (endsAtMs > now) break; // the oldest come first
      this.#kept.delete(key);
    }
    const own = [...this.#kept].filter(([, kept]) => kept.address === address);
    if (own.length >= mostPerAddress) this.#kept.delete(own[0]?.[0] ?? '');
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= most && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
