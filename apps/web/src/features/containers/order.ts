import { cpuOf, type LiveRow, memoryOf } from '../../fleet/live-row.ts';
import { severity } from '../../fleet/state.ts';
import type { GridSort } from '../lists/grid-column.ts';
import { compareKeys, sortKey } from './name-order.ts';
import type { IndexedRow } from './row-index.ts';

export const sortFields = ['state', 'name', 'image', 'host', 'cpu', 'memory', 'network', 'uptime'] as const;
export type SortField = (typeof sortFields)[number];

export type Sort = GridSort<SortField>;

/** Fields that move by themselves: such a list is put in order again once a second. */
export const liveFields: ReadonlySet<SortField> = new Set(['cpu', 'memory', 'network']);

/** What comes first on the first click. */
export const startsDescending: ReadonlySet<SortField> = new Set(['cpu', 'memory', 'network', 'uptime']);

/** Rows that are in the order of their names, in another one; equal ones stay in that of their names, so that nothing jumps. */
export function sortRows(byName: readonly IndexedRow[], { field, isDescending }: Sort, hostName: (id: string) => string): IndexedRow[] {
  switch (field) {
    case 'name':
      return isDescending ? byName.toReversed() : [...byName];
    case 'state':
      return inGroups(byName, ({ shown }) => severity(shown), { compare: (a, b) => a - b, isDescending });
    case 'image':
      return inGroups(byName, ({ row }) => row.image.ref, { compare: byWords, isDescending });
    case 'host':
      return inGroups(byName, ({ row }) => row.host, { compare: (a, b) => byWords(hostName(a), hostName(b)), isDescending });
    case 'cpu':
    case 'memory':
    case 'network':
    case 'uptime':
      return byNumber(byName, numbers[field], isDescending);
  }
}

/** The order as it was, without what is gone and with what is new at its end: rows do not run away from under a pointer. */
export function keepOrder(before: readonly IndexedRow[], now: readonly IndexedRow[]): readonly IndexedRow[] {
  const present = new Set(now);
  const kept = before.filter((row) => present.delete(row));
  return [...kept, ...present];
}

interface Groups<Value> {
  readonly compare: (a: Value, b: Value) => number;
  readonly isDescending: boolean;
}

/** Values are few and rows are many: only the values are compared. */
function inGroups<Value>(
  rows: readonly IndexedRow[],
  read: (plain: LiveRow) => Value,
  { compare, isDescending }: Groups<Value>,
): IndexedRow[] {
  const groups = Map.groupBy(rows, ({ plain }) => read(plain));
  const values = [...groups.keys()].sort((a, b) => (isDescending ? compare(b, a) : compare(a, b)));
  return values.flatMap((value) => groups.get(value) ?? []);
}

const sortKeys = new Map<string, string>();
const mostSortKeys = 20_000;

/** Keys of images and hosts are made once and not with each comparison. */
function keyOf(text: string): string {
  const known = sortKeys.get(text);
  if (known !== undefined) return known;
  if (sortKeys.size >= mostSortKeys) sortKeys.clear();
  const key = sortKey(text);
  sortKeys.set(text, key);
  return key;
}

function byWords(a: string, b: string): number {
  return compareKeys(keyOf(a), keyOf(b));
}

const numbers: Record<'cpu' | 'memory' | 'network' | 'uptime', (plain: LiveRow) => number> = {
  cpu: cpuOf,
  memory: memoryOf,
  network: ({ sample }) => (sample ? sample.receiveBps + sample.sendBps : 0),
  uptime: ({ row }) => (row.state === 'running' && row.startedAtMs ? -row.startedAtMs : -Infinity),
};

/** Each number is read once, and only numbers are compared. */
function byNumber(rows: readonly IndexedRow[], read: (plain: LiveRow) => number, isDescending: boolean): IndexedRow[] {
  const values = Float64Array.from(rows, ({ plain }) => (isDescending ? -read(plain) : read(plain)));
  const order = Uint32Array.from(rows.keys()).sort((a, b) => {
    const [left, right] = [values[a] ?? 0, values[b] ?? 0];
    return left < right ? -1 : left > right ? 1 : a - b;
  });
  return Array.from(order, (at) => rows[at]).filter((row) => row !== undefined);
}
