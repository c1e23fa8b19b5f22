import { shallowRef } from 'vue';

/** What keys of a list do with the row under the cursor, by `KeyboardEvent.key`; letters are written small. */
export type RowActs = Readonly<Partial<Record<string, (index: number) => void>>>;

/** The rows that keys move over. */
export interface CursorRows<Choice> {
  readonly count: () => number;
  /** Those that are chosen; without it nothing can be. */
  readonly chosen: () => Set<Choice> | undefined;
  /** What stands for a row among the chosen. */
  readonly choiceAt: (index: number) => Choice | undefined;
  readonly show: (index: number) => void;
  /** Moves the cursor into the filter. */
  readonly filter: () => void;
  readonly acts: () => RowActs;
}

const page = 12;

/** Cursor and choice; Shift takes the range from where one began. */
function useCursor<Choice>({ count, chosen, choiceAt, show }: CursorRows<Choice>) {
  const cursor = shallowRef(0);
  let anchor = 0;

  function takeRange(from: number, to: number): void {
    for (let index = Math.min(from, to); index <= Math.max(from, to); index++) {
      const choice = choiceAt(index);
      if (choice !== undefined) chosen()?.add(choice);
    }
  }

  function move(to: number, isRange: boolean): void {
    cursor.value = Math.max(0, Math.min(count() - 1, to));
    if (isRange) takeRange(anchor, cursor.value);
    else anchor = cursor.value;
    show(cursor.value);
  }

  function choose(index: number, isRange: boolean): void {
    const choice = choiceAt(index);
    if (choice === undefined) return;
    if (isRange) takeRange(anchor, index);
    else if (!chosen()?.delete(choice)) chosen()?.add(choice);
    anchor = cursor.value = index;
  }
  return { cursor, move, choose };
}

/** The keys of a list: j k and arrows move, x chooses (Shift: a range), Escape lets go, / filters; the rest is the list's own. */
export function useRowCursor<Choice>(list: CursorRows<Choice>) {
  const isActive = shallowRef(false);
  const { cursor, move, choose } = useCursor(list);
  const by = (steps: number) => (isRange: boolean) => move(cursor.value + steps, isRange);
  const keys: Partial<Record<string, (isRange: boolean) => void>> = {
    ...{ j: by(1), ArrowDown: by(1), k: by(-1), ArrowUp: by(-1), PageDown: by(page), PageUp: by(-page) },
    ...{ Home: by(-Infinity), End: by(Infinity) },
    ...{ x: () => choose(cursor.value, false), Escape: () => list.chosen()?.clear(), '/': list.filter },
  };

  function onKey(event: KeyboardEvent): void {
    const isOnRowControl = event.target !== event.currentTarget && (event.key === 'Enter' || event.key === ' ');
    if (event.ctrlKey || event.metaKey || event.altKey || isOnRowControl || event.defaultPrevented) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = list.acts()[key];
    if (act) act(cursor.value);
    else if (keys[key]) keys[key](event.shiftKey);
    else return;
    event.preventDefault();
  }
  return { cursor, isActive, choose, onKey };
}
