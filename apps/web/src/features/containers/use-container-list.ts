import { useIntervalFn } from '@vueuse/core';
import { computed, type ComputedRef, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { breath } from '../../fleet/breath.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { LiveRow } from '../../fleet/live-row.ts';
import { type ShownState, shownStates } from '../../fleet/state.ts';
import { parseFilter } from './filter.ts';
import { keepOrder, liveFields, type Sort, sortRows } from './order.ts';
import { type IndexedRow, RowIndex } from './row-index.ts';

export interface ListView {
  readonly filter: Ref<string>;
  readonly states: Ref<readonly ShownState[]>;
  readonly sort: Ref<Sort>;
  readonly host: ComputedRef<string | undefined>;
  /** While true, rows keep their places: the pointer is over the list or rows are chosen. */
  readonly isHeld: Readonly<Ref<boolean>>;
}

interface Found {
  readonly inScope: readonly IndexedRow[];
  /** Those of them that match, in order. */
  readonly order: readonly IndexedRow[];
}

/** Finds the rows of a view, which stay where they are when they may not move. */
function rowFinder(fleet: Fleet, view: ListView): (before: readonly IndexedRow[], mayMove: boolean) => Found {
  const index = new RowIndex();
  const test = computed(() => parseFilter(view.filter.value));
  return (before, mayMove) => {
    const hostName = remembered((id) => fleet.hostName(id));
    const states = new Set(view.states.value);
    const host = view.host.value;
    const inScope = index.update(fleet.rows).filter(({ plain }) => !host || plain.row.host === host);
    const matching = inScope.filter(({ plain }) => (states.size === 0 || states.has(plain.shown)) && test.value(plain, hostName));
    return { inScope, order: mayMove ? sortRows(matching, view.sort.value, hostName) : keepOrder(before, matching) };
  };
}

/**
 * The rows that the list shows, in order, and how many there are of each state. Each is replaced only when it is another one, so that the list is not
 * built anew for changes that its rows show by themselves.
 */
export function useContainerList(fleet: Fleet, view: ListView) {
  const [visible, counts, total] = [shallowRef<readonly LiveRow[]>([]), shallowRef(noCounts()), shallowRef(0)];
  const find = rowFinder(fleet, view);
  let order: readonly IndexedRow[] = [];
  let turn = 0;

  function show(found: Found): void {
    const now = noCounts();
    for (const { plain } of found.inScope) now[plain.shown]++;
    order = found.order;
    total.value = found.inScope.length;
    if (shownStates.some((state) => now[state] !== counts.value[state])) counts.value = now;
    if (!isShown(visible.value, order)) visible.value = order.map(({ live }) => live);
  }

  /** What was pressed is seen first, then rows are found, then shown: each in a task of its own, which holds nothing up. */
  async function refreshSoon(): Promise<void> {
    const mine = ++turn;
    await breath();
    if (mine !== turn) return;
    const found = find(order, true);
    await breath();
    if (mine === turn) show(found);
  }

  const refresh = (mayMove: boolean): void => show(find(order, mayMove));
  refresh(true);
  watch([view.filter, view.states, view.sort, view.host], () => void refreshSoon());
  watch(fleet.revision, () => refresh(!view.isHeld.value));
  watch(view.isHeld, (isHeld) => {
    if (!isHeld) refresh(true);
  });
  useIntervalFn(() => {
    if (!view.isHeld.value && liveFields.has(view.sort.value.field)) refresh(true);
  }, 1000);
  onScopeDispose(() => turn++);
  return { visible, counts, total };
}

function noCounts(): Record<ShownState, number> {
  return Object.fromEntries(shownStates.map((state) => [state, 0])) as Record<ShownState, number>;
}

function isShown(shown: readonly LiveRow[], order: readonly IndexedRow[]): boolean {
  return shown.length === order.length && order.every(({ live }, at) => shown[at] === live);
}

/** Names of hosts are asked for once each time, not once for each row. */
function remembered(ask: (id: string) => string): (id: string) => string {
  const known = new Map<string, string>();
  return (id) => {
    const name = known.get(id) ?? ask(id);
    known.set(id, name);
    return name;
  };
}
