import { useIntervalFn } from '@vueuse/core';
import { computed, type ComputedRef, type Ref, shallowRef, watch } from 'vue';
import type { Fleet } from '../../fleet/fleet.ts';
import type { LiveRow } from '../../fleet/live-row.ts';
import { type ShownState, shownStates } from '../../fleet/state.ts';
import { parseFilter } from './filter.ts';
import { keepOrder, liveFields, type Sort, sortRows } from './order.ts';

export interface ListView {
  readonly filter: Ref<string>;
  readonly states: Ref<readonly ShownState[]>;
  readonly sort: Ref<Sort>;
  readonly host: ComputedRef<string | undefined>;
  /** While true, rows keep their places: the pointer is over the list or rows are chosen. */
  readonly isHeld: Readonly<Ref<boolean>>;
}

/** The rows that the list shows, in order, and how many there are of each state. */
export function useContainerList(fleet: Fleet, view: ListView) {
  const hostName = (id: string): string => fleet.hostName(id);
  const visible = shallowRef<readonly LiveRow[]>([]);
  const inScope = computed(() => {
    const { host } = view;
    const all = fleet.revision.value >= 0 ? [...fleet.rows.values()] : [];
    return host.value ? all.filter(({ row }) => row.host === host.value) : all;
  });
  const counts = computed(() => {
    const found = Object.fromEntries(shownStates.map((state) => [state, 0])) as Record<ShownState, number>;
    for (const { shown } of inScope.value) found[shown]++;
    return found;
  });
  const test = computed(() => parseFilter(view.filter.value));

  function refresh(mayMove: boolean): void {
    const states = new Set(view.states.value);
    const matching = inScope.value.filter((live) => (states.size === 0 || states.has(live.shown)) && test.value(live, hostName));
    visible.value = mayMove ? sortRows(matching, view.sort.value, hostName) : keepOrder(visible.value, matching);
  }

  watch([view.filter, view.states, view.sort, view.host], () => refresh(true), { immediate: true });
  watch(inScope, () => refresh(!view.isHeld.value));
  watch(view.isHeld, (isHeld) => {
    if (!isHeld) refresh(true);
  });
  useIntervalFn(() => {
    if (!view.isHeld.value && liveFields.has(view.sort.value.field)) refresh(true);
  }, 1000);
  return { visible, counts, total: computed(() => inScope.value.length) };
}
