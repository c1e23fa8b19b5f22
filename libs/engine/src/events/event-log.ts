import type { EngineEvent, EventSink } from './engine-event.ts';

const keptEvents = 4096;
const subscriberBacklog = 8192;

export interface EventQuery {
  readonly matches: (event: EngineEvent) => boolean;
  /** Events since then out of memory first; undefined: all of them where there is an end, else only new ones. */
  readonly sinceNano?: bigint;
  /** Ends at this time; undefined: never. */
  readonly untilNano?: bigint;
}

/**
 * The last 4096 events in memory, and everyone who listens. Times rise strictly, so that `since` names a place. A subscriber that lets more than
 * 8192 events pile up is ended: it asks again with `since` and knows that it was slow.
 */
export class EventLog implements EventSink {
  readonly #events: EngineEvent[] = [];
  readonly #subscribers = new Set<(event: EngineEvent) => void>();
  #lastNano = 0n;

  publish(event: Omit<EngineEvent, 'timeNano'>): void {
    const now = preciseNano();
    this.#lastNano = now > this.#lastNano ? now : this.#lastNano + 1n;
    const stamped = { ...event, timeNano: this.#lastNano };
    this.#events.push(stamped);
    if (this.#events.length > keptEvents) this.#events.shift();
    for (const deliver of this.#subscribers) deliver(stamped);
  }

  /** Calls back for each event from now on, in order; disposing ends it. */
  listen(deliver: (event: EngineEvent) => void): Disposable {
    this.#subscribers.add(deliver);
    return { [Symbol.dispose]: () => this.#subscribers.delete(deliver) };
  }

  /** Subscribed as soon as this returns; ends at `untilNano` or when the signal aborts. */
  follow(query: EventQuery, signal: AbortSignal): AsyncIterable<EngineEvent> {
    const isPast = query.untilNano !== undefined && query.untilNano <= nowNano();
    const wantsPast = query.sinceNano !== undefined || query.untilNano !== undefined;
    const sinceNano = query.sinceNano ?? 0n;
    const queue = wantsPast ? this.#events.filter((event) => event.timeNano >= sinceNano && query.matches(event)) : [];
    let wake = (): void => undefined;
    let isOverrun = false;
    const subscription = this.listen((event) => {
      if (!query.matches(event)) return;
      if (queue.length < subscriberBacklog) queue.push(event);
      else isOverrun = true;
      wake();
    });
    const ended = endOf(query, isPast, signal);
    async function* events(): AsyncGenerator<EngineEvent> {
      try {
        for (;;) {
          for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
            if (query.untilNano !== undefined && event.timeNano > query.untilNano) return;
            yield event;
          }
          if (isOverrun || ended.isOver()) return;
          await Promise.race([new Promise<void>((resolve) => (wake = resolve)), ended.over]);
        }
      } finally {
        subscription[Symbol.dispose]();
        ended.dispose();
      }
    }
    return events();
  }
}

function endOf(query: EventQuery, isPast: boolean, signal: AbortSignal) {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  let isOver = false;
  const end = (): void => {
    isOver = true;
    resolve(undefined);
  };
  if (isPast || signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  const leftMs = query.untilNano === undefined ? undefined : Number((query.untilNano - nowNano()) / 1_000_000n);
  const timer = leftMs === undefined || isPast ? undefined : setTimeout(end, Math.min(Math.max(0, leftMs), 2 ** 31 - 1));
  const dispose = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  };
  return { over, isOver: () => isOver, dispose };
}

/** With parts of a millisecond, as long as nobody has set the clock: the precise one never follows. */
function preciseNano(): bigint {
  const [wallMs, preciseMs] = [Date.now(), performance.timeOrigin + performance.now()];
  return BigInt(Math.round((Math.abs(preciseMs - wallMs) < 2 ? preciseMs : wallMs) * 1e6));
}

function nowNano(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
