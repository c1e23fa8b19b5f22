import { onScopeDispose, shallowReactive, watch } from 'vue';
import type { LiveRow } from '../../fleet/live-row.ts';
import { followLog, type LogListener } from '../logs/follow-log.ts';
import { type ReadLine, type Seen, seenAfter } from '../logs/log-lines.ts';
import type { LineFilter } from './merged-log.ts';
import { MergedWorker } from './merged-worker.ts';

/** What is read at first: so many lines for all containers together. */
const firstLinesOfAll = 20_000;
const leastFirst = 200;

/**
 * Follows the logs of these containers as one, complete or live as the person chooses. A container that joins the choice is read, one that leaves is no longer
 * followed; its lines stay, and where it comes back, or the person changes their mind, it is read from where it was read to: nothing is doubled.
 */
export function useMergedLog(rows: () => readonly LiveRow[], isLive: () => boolean) {
  const worker = new MergedWorker();
  const problems = shallowReactive(new Map<string, string>());
  const sources = shallowReactive<LiveRow[]>([]);
  const readers = new Readers({ worker, problems, sources });
  const settle = (): void => readers.settle(rows(), isLive());
  watch(() => keysOf(rows()), settle, { immediate: true });
  watch(isLive, () => {
    readers.stop();
    settle();
  });
  onScopeDispose(() => {
    readers.stop();
    worker.end();
  });
  return {
    worker,
    problems,
    sources,
    filter: (filter: LineFilter) => worker.post({ kind: 'filter', filter }),
    clear: () => worker.post({ kind: 'clear' }),
  };
}

interface ReadersOf {
  readonly worker: MergedWorker;
  readonly problems: Map<string, string>;
  readonly sources: LiveRow[];
}

/** Whoever is followed now, and where each that ever was has been read to. */
class Readers {
  readonly #of: ReadersOf;
  readonly #following = new Map<number, AbortController>();
  readonly #seen = new Map<number, Seen>();

  constructor(of: ReadersOf) {
    this.#of = of;
  }

  settle(rows: readonly LiveRow[], isLive: boolean): void {
    const wanted = new Map(rows.map((live) => [live.key, live] as const));
    for (const key of [...this.#following.keys()]) if (!wanted.has(key)) this.#stop(key);
    const tail = Math.max(leastFirst, Math.floor(firstLinesOfAll / Math.max(1, wanted.size)));
    for (const live of wanted.values()) if (!this.#following.has(live.key)) this.#follow(live, { tail, isLive });
  }

  stop(): void {
    for (const key of [...this.#following.keys()]) this.#stop(key);
  }

  #stop(key: number): void {
    this.#following.get(key)?.abort();
    this.#following.delete(key);
  }

  #follow(live: LiveRow, how: { tail: number; isLive: boolean }): void {
    const { worker, problems, sources } = this.#of;
    const { signal } = this.#controllerOf(live.key);
    const known = sources.indexOf(live);
    const source = known < 0 ? sources.push(live) - 1 : known;
    const { host, id, name } = live.row;
    const lines = (read: readonly ReadLine[]): void => {
      if (signal.aborted) return;
      const last = seenAfter(this.#seen.get(live.key), read);
      if (last) this.#seen.set(live.key, last);
      worker.post({ kind: 'add', source, lines: read });
    };
    void followLog({ host, id, ...how, from: this.#seen.get(live.key) }, { ...saidOf(problems, name), lines }, signal);
  }

  #controllerOf(key: number): AbortController {
    const closing = new AbortController();
    this.#following.set(key, closing);
    return closing;
  }
}

/** A log that cannot be read says so by its container's name, until it can. */
function saidOf(problems: Map<string, string>, name: string): Pick<LogListener, 'state'> {
  return {
    state(next, problem = '') {
      if (next === 'lost') problems.set(name, problem);
      else problems.delete(name);
    },
  };
}

function keysOf(rows: readonly LiveRow[]): string {
  return rows.map(({ key }) => key).join();
}
