import { computed, type ComputedRef, shallowRef, type ShallowRef, type WritableComputedRef } from 'vue';
import type { RouteLocationRaw } from 'vue-router';
import { useFleet } from '../../fleet/use-fleet.ts';
import { type HostLists, useHostLists } from '../../fleet/use-host-lists.ts';
import { useAddress } from '../../shell/use-address.ts';
import type { ObjectColumn } from './object-column.ts';
import { type ObjectList, type ObjectRow, useObjectList } from './use-object-list.ts';

/** One kind of object as the engines list it. */
export interface ObjectKind<Row extends ObjectRow> {
  /** The type of the engines' events that tell of a change. */
  readonly changedBy: string;
  readonly ask: (host: string, signal: AbortSignal) => Promise<readonly Row[]>;
  readonly columns: readonly ObjectColumn<Row>[];
  /** What the filter looks at, besides the name of the host. */
  readonly textOf: (row: Row) => string;
  readonly placeOf: (row: Row) => RouteLocationRaw;
}

export interface ObjectPageState<Row extends ObjectRow> {
  readonly columns: readonly ObjectColumn<Row>[];
  readonly placeOf: (row: Row) => RouteLocationRaw;
  readonly lists: HostLists<Row>;
  readonly list: ObjectList<Row>;
  /** The sheet that is open, by its word in the address. */
  readonly sheet: WritableComputedRef<string>;
  /** What the person is being asked about; empty: nothing. */
  readonly removing: ShallowRef<readonly Row[]>;
  readonly total: ComputedRef<number>;
  /** Whether a row is what was last known of a host that is gone. */
  readonly isPast: (row: Row) => boolean;
}

/** What a page about one kind of object over all hosts keeps: the rows, their filter, order and choice, the open sheet, what is to be removed. */
export function useObjectPage<Row extends ObjectRow>({ changedBy, ask, columns, textOf, placeOf }: ObjectKind<Row>): ObjectPageState<Row> {
  const fleet = useFleet();
  const lists = useHostLists(changedBy, ask);
  const list = useObjectList(
    () => lists.items.value,
    columns,
    (row) => `${textOf(row)} ${fleet.hostName(row.host)}`,
  );
  return {
    columns,
    placeOf,
    lists,
    list,
    sheet: useAddress()('sheet'),
    removing: shallowRef<readonly Row[]>([]),
    total: computed(() => lists.items.value.length),
    isPast: ({ host }) => lists.offline.value.includes(host),
  };
}
