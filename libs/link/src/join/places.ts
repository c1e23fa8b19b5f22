const windowMs = 10 * 60_000;
const freshMs = 5000;
const mostReplacements = 5;

interface Place {
  readonly instanceId: string;
  readonly replacedAtMs: number;
}

/**
 * Finds one key that is used from two places: a process that had been replaced by another one comes back, or links that are well alive
 * replace each other again and again (a cloned machine runs the same process twice).
 */
export class Places {
  readonly #replaced = new Map<string, Place[]>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Notes that a link replaces a live one; true where the same key alternates. */
  isAlternating(agentId: string, change: { from: string; to: string; silenceMs: number }): boolean {
    const now = this.#now();
    const recent = (this.#replaced.get(agentId) ?? []).filter(({ replacedAtMs }) => now - replacedAtMs < windowMs);
    const isBack = change.from !== change.to && recent.some(({ instanceId }) => instanceId === change.to);
    const isFresh = change.silenceMs < freshMs;
    if (isFresh || change.from !== change.to) recent.push({ instanceId: change.from, replacedAtMs: now });
    this.#replaced.set(agentId, recent);
    const ofSame = recent.filter(({ instanceId }) => instanceId === change.to).length;
    return isBack || ofSame > mostReplacements;
  }

  forget(agentId: string): void {
    this.#replaced.delete(agentId);
  }
}
