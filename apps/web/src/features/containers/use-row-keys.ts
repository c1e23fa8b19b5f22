import { useRouter } from 'vue-router';
import type { LiveRow } from '../../fleet/live-row.ts';
import type { RowActs } from '../lists/use-row-cursor.ts';
import { isPossible, type Verb } from './container-actions.ts';

export interface RowKeys {
  readonly rows: () => readonly LiveRow[];
  readonly chosen: Set<LiveRow>;
  readonly perform: (verb: Verb, rows: readonly LiveRow[]) => void;
}

/** What further keys do in the list of containers: Enter l t open, r restarts, Del removes: the chosen, or the one under the cursor. */
export function useRowKeys({ rows, chosen, perform }: RowKeys): RowActs {
  const router = useRouter();
  const open =
    (tab?: string) =>
    (index: number): void => {
      const row = rows()[index]?.row;
      if (row) void router.push({ name: 'container', params: { host: row.host, id: row.id, ...(tab ? { tab } : {}) } });
    };
  const ask =
    (verb: Verb) =>
    (index: number): void => {
      const live = rows()[index];
      const targets = chosen.size ? [...chosen] : live ? [live] : [];
      if (targets.some((target) => isPossible(target, verb))) perform(verb, targets);
    };
  return { Enter: open(), l: open('logs'), t: open('terminal'), r: ask('restart'), Delete: ask('remove') };
}
