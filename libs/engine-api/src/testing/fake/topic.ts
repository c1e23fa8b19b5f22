/** What is published reaches every subscriber that is there; each reads at its own pace (unbounded: for tests). */
export class Topic<T> {
  readonly #subscribers = new Set<(item: T) => void>();

  get subscribers(): number {
    return this.#subscribers.size;
  }

  publish(item: T): void {
    for (const subscriber of this.#subscribers) subscriber(item);
  }

  /** Subscribed at once, before the first item is asked for; ends with the signal, or after an item for which `isLast` holds. */
  subscribe(signal: AbortSignal, isLast: (item: T) => boolean = () => false): AsyncIterable<T> {
    const queue: T[] = [];
    let wake: (() => void) | undefined;
    const take = (item: T): void => {
      queue.push(item);
      wake?.();
    };
    const stop = (): void => {
      this.#subscribers.delete(take);
      wake?.();
    };
    this.#subscribers.add(take);
    signal.addEventListener('abort', stop, { once: true });
    return read();

    async function* read(): AsyncGenerator<T> {
      try {
        while (!signal.aborted) {
          const item = queue.shift();
          if (item === undefined) await new Promise<void>((resolve) => (wake = resolve));
          else {
            yield item;
            if (isLast(item)) return;
          }
        }
      } finally {
        stop();
      }
    }
  }
}
