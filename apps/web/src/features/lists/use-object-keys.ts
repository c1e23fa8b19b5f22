import { shallowRef } from 'vue';

export interface ObjectKeys {
  readonly count: () => number;
  readonly keyAt: (index: number) => string | undefined;
  readonly chosen: Set<string>;
  readonly open: (index: number) => void;
  readonly remove: (index: number) => void;
  readonly filter: () => void;
  readonly show: (index: number) => void;
}

const page = 12;

/** Cursor and choice; Shift takes the range from where one began. */
function useCursor(list: ObjectKeys) {
  const cursor = shallowRef(0);
  let anchor = 0;

  function takeRange(from: number, to: number): void {
    for (let index = Math.min(from, to); index <= Math.max(from, to); index++) {
      const key = list.keyAt(index);
      if (key !== undefined) list.chosen.add(key);
    }
  }

  function move(to: number, isRange: boolean): void {
    cursor.value = Math.max(0, Math.min(list.count() - 1, to));
    if (isRange) takeRange(anchor, cursor.value);
    else anchor = cursor.value;
    list.show(cursor.value);
  }

  function choose(index: number, isRange: boolean): void {
    const key = list.keyAt(index);
    if (key === undefined) return;
    if (isRange) takeRange(anchor, index);
    else if (!list.chosen.delete(key)) list.chosen.add(key);
    anchor = cursor.value = index;
  }
  return { cursor, move, choose };
}

/** The keys of a table of objects: j k and arrows move, x chooses (Shift: a range), Enter opens, Del removes, / filters. */
export function useObjectKeys(list: ObjectKeys) {
  const isActive = shallowRef(false);
  const { cursor, move, choose } = useCursor(list);
  const by = (steps: number) => (isRange: boolean) => move(cursor.value + steps, isRange);
  const keys: Partial<Record<string, (isRange: boolean) => void>> = {
    ...{
      j: by(1),
      ArrowDown: by(1),
      k: by(-1),
      ArrowUp: by(-1),
      PageDown: by(page),
      PageUp: by(-page),
      Home: by(-Infinity),
      End: by(Infinity),
    },
    ...{ Enter: () => list.open(cursor.value), Delete: () => list.remove(cursor.value), x: () => choose(cursor.value, false) },
    ...{ Escape: () => list.chosen.clear(), '/': list.filter },
  };

  function onKey(event: KeyboardEvent): void {
    const isOnRowControl = event.target !== event.currentTarget && (event.key === 'Enter' || event.key === ' ');
    if (event.ctrlKey || event.metaKey || event.altKey || isOnRowControl || event.defaultPrevented) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act(event.shiftKey);
  }
  return { cursor, isActive, choose, onKey };
}
