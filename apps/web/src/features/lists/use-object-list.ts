import { computed, type ComputedRef, type Ref, shallowReactive, watch, type WritableComputedRef } from 'vue';
import { useAddress } from '../../shell/use-address.ts';
import { matchesWords, type ObjectColumn, type ObjectSort, parseSort, sortObjects, writeSort } from './object-column.ts';

/** What every row of a table of objects has. */
export interface ObjectRow {
  readonly key: string;
  readonly host: string;
  /** Names the row to people and screen readers. */
  readonly name: string;
}

export interface ObjectList<Row> {
  readonly visible: ComputedRef<readonly Row[]>;
  readonly filter: WritableComputedRef<string>;
  readonly sort: Ref<ObjectSort>;
  /** Keys of the rows that are selected. */
  readonly chosen: Set<string>;
  readonly chosenRows: ComputedRef<readonly Row[]>;
}

/** Filter, order and choice of a table; filter and order are in the address. `textOf` is what the filter looks at. */
export function useObjectList<Row extends ObjectRow>(
  rows: () => readonly Row[],
  columns: readonly ObjectColumn<Row>[],
  textOf: (row: Row) => string,
): ObjectList<Row> {
  const address = useAddress();
  const filter = address('q');
  const order = address('sort');
  const chosen = shallowReactive(new Set<string>());
  const sort = computed<ObjectSort>({
    get: () => parseSort(order.value, columns),
    set: (next) => (order.value = writeSort(next, columns)),
  });
  const visible = computed(() => {
    const found = filter.value ? rows().filter((row) => matchesWords(textOf(row), filter.value)) : rows();
    return sortObjects(found, columns, sort.value);
  });
  watch(rows, (now) => {
    const present = new Set(now.map(({ key }) => key));
    for (const key of chosen) if (!present.has(key)) chosen.delete(key);
  });
  return { visible, filter, sort, chosen, chosenRows: computed(() => rows().filter(({ key }) => chosen.has(key))) };
}
