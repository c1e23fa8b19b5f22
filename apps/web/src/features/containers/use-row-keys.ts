import { shallowRef } from 'vue';
import { useRouter } from 'vue-router';
import type { LiveRow } from '../../fleet/live-row.ts';
import { isPossible, type Verb } from './container-actions.ts';

export interface RowKeys {
  readonly rows: () => readonly LiveRow[];
  readonly chosen: Set<LiveRow>;
  readonly perform: (verb: Verb, rows: readonly LiveRow[]) => void;
  /** Moves the cursor into the filter. */
  readonly filter: () => void;
  readonly show: (index: number) => void;
}

const page = 12;

/** Cursor and choice of a list; Shift takes the range from where one began. */
function useCursor({ rows, chosen, show }: RowKeys) {
  const cursor = shallowRef(0);
  let anchor = 0;

  function takeRange(from: number, to: number): void {
    for (const live of rows().slice(Math.min(from, to), Math.max(from, to) + 1)) chosen.add(live);
  }

  function move(to: number, isRange: boolean): void {
    cursor.value = Math.max(0, Math.min(rows().length - 1, to));
    if (isRange) takeRange(anchor, cursor.value);
    else anchor = cursor.value;
    show(cursor.value);
  }

  function choose(index: number, isRange: boolean): void {
    const live = rows()[index];
    if (!live) return;
    if (isRange) takeRange(anchor, index);
    else if (!chosen.delete(live)) chosen.add(live);
    anchor = cursor.value = index;
  }

  return { cursor, move, choose };
}

/** The keys of a list: j k and arrows move, x chooses, Enter l t open, r restarts, Del removes. */
export function useRowKeys(list: RowKeys) {
  const router = useRouter();
  const isActive = shallowRef(false);
  const { cursor, move, choose } = useCursor(list);

  function open(tab?: string): void {
    const row = list.rows()[cursor.value]?.row;
    if (row) void router.push({ name: 'container', params: { host: row.host, id: row.id, ...(tab ? { tab } : {}) } });
  }

  function ask(verb: Verb): void {
    const live = list.rows()[cursor.value];
    const targets = list.chosen.size ? [...list.chosen] : live ? [live] : [];
    if (targets.some((target) => isPossible(target, verb))) list.perform(verb, targets);
  }

  const by = (steps: number) => (isRange: boolean) => move(cursor.value + steps, isRange);
  const keys: Record<string, (isRange: boolean) => void> = {
    ...{ j: by(1), ArrowDown: by(1), k: by(-1), ArrowUp: by(-1), PageDown: by(page), PageUp: by(-page) },
    ...{ Home: by(-Infinity), End: by(Infinity) },
    ...{ Enter: () => open(), l: () => open('logs'), t: () => open('terminal') },
    ...{ r: () => ask('restart'), Delete: () => ask('remove') },
    ...{ x: () => choose(cursor.value, false), Escape: () => list.chosen.clear(), '/': list.filter },
  };

  return { cursor, isActive, onKey: (event: KeyboardEvent) => pressed(event, keys), choose };
}

function pressed(event: KeyboardEvent, keys: Record<string, (isRange: boolean) => void>): void {
  const isOnRowControl = event.target !== event.currentTarget && (event.key === 'Enter' || event.key === ' ');
  if (event.ctrlKey || event.metaKey || event.altKey || isOnRowControl) return;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act(event.shiftKey);
}
