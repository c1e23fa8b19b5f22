import { onScopeDispose, shallowReactive, watch } from 'vue';
import type { LiveRow } from '../../fleet/live-row.ts';
import { followLog, type LogListener } from '../logs/follow-log.ts';
import type { LineFilter } from './merged-log.ts';
import { MergedWorker } from './merged-worker.ts';

/** What is read at first: so many lines for all containers together. */
const firstLinesOfAll = 20_000;
const leastFirst = 200;

/** Follows the logs of these containers as one. A container that joins the choice is read, one that leaves is no longer followed; its lines stay. */
export function useMergedLog(rows: () => readonly LiveRow[]) {
  const worker = new MergedWorker();
  const problems = shallowReactive(new Map<string, string>());
  const sources = shallowReactive<LiveRow[]>([]);
  const following = new Map<number, AbortController>();

  function follow(live: LiveRow, tail: number): void {
    const closing = new AbortController();
    following.set(live.key, closing);
    const known = sources.indexOf(live);
    const source = known < 0 ? sources.push(live) - 1 : known;
    const { host, id, name } = live.row;
    const said = saidOf(problems, name);
    void followLog({ host, id, tail }, { ...said, lines: (lines) => worker.post({ kind: 'add', source, lines }) }, closing.signal);
  }

  function settle(): void {
    const wanted = new Map(rows().map((live) => [live.key, live] as const));
    for (const [key, closing] of [...following]) {
      if (wanted.has(key)) continue;
      closing.abort();
      following.delete(key);
    }
    const tail = Math.max(leastFirst, Math.floor(firstLinesOfAll / Math.max(1, wanted.size)));
    for (const [key, live] of wanted) if (!following.has(key)) follow(live, tail);
  }

  watch(() => keysOf(rows()), settle, { immediate: true });
  onScopeDispose(() => {
    for (const closing of following.values()) closing.abort();
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
