const perSecond = 20;
const burst = 60;

/** A token bucket: so many messages a second, with a burst for a page that opens. */
export class MessageBudget {
  #tokens = burst;
  #atMs = performance.now();

  /** False where the sender is too fast. */
  spend(): boolean {
    const now = performance.now();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#atMs) / 1000) * perSecond);
    this.#atMs = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
