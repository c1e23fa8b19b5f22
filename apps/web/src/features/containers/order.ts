import { cpuOf, type LiveRow, memoryOf } from '../../fleet/live-row.ts';
import { severity } from '../../fleet/state.ts';
import type { GridSort } from '../lists/grid-column.ts';

export const sortFields = ['state', 'name', 'image', 'host', 'cpu', 'memory', 'network', 'uptime'] as const;
export type SortField = (typeof sortFields)[number];

export type Sort = GridSort<SortField>;

/** Fields that move by themselves: such a list is put in order again once a second. */
export const liveFields: ReadonlySet<SortField> = new Set(['cpu', 'memory', 'network']);

/** What comes first on the first click. */
export const startsDescending: ReadonlySet<SortField> = new Set(['cpu', 'memory', 'network', 'uptime']);

const words = new Intl.Collator('en', { numeric: true });

/** The rows in order; equal ones by name and key, so that nothing jumps. Keys are read once per row, not per comparison. */
export function sortRows(rows: readonly LiveRow[], { field, isDescending }: Sort, hostName: (id: string) => string): LiveRow[] {
  const read = readers(hostName)[field];
  const keyed = rows.map((live) => ({ live, value: read(live) }));
  const sign = isDescending ? -1 : 1;
  keyed.sort((a, b) => sign * compare(a.value, b.value) || words.compare(a.live.row.name, b.live.row.name) || a.live.key - b.live.key);
  return keyed.map(({ live }) => live);
}

/** The order as it was, without what is gone and with what is new at its end: rows do not run away from under a pointer. */
export function keepOrder(before: readonly LiveRow[], now: readonly LiveRow[]): LiveRow[] {
  const present = new Set(now);
  const kept = before.filter((live) => present.has(live));
  const old = new Set(kept);
  return [...kept, ...now.filter((live) => !old.has(live))];
}

type Readers = Record<SortField, (live: LiveRow) => string | number>;

function readers(hostName: (id: string) => string): Readers {
  return {
    state: ({ shown }) => severity(shown),
    name: ({ row }) => row.name,
    image: ({ row }) => row.image.ref,
    host: ({ row }) => hostName(row.host),
    cpu: cpuOf,
    memory: memoryOf,
    network: ({ sample }) => (sample ? sample.receiveBps + sample.sendBps : 0),
    uptime: ({ row }) => (row.state === 'running' && row.startedAtMs ? -row.startedAtMs : -Infinity),
  };
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'string') return words.compare(a, String(b));
  return a === b ? 0 : a < Number(b) ? -1 : 1;
}
