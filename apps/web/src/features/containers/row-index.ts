import { toRaw } from 'vue';
import type { LiveRow } from '../../fleet/live-row.ts';
import { compareKeys, sortKey } from './name-order.ts';

/** A row of the index. `plain` is the same row without its reactivity: thousands of reads through it cost nothing and tell nobody. */
export interface IndexedRow {
  readonly live: LiveRow;
  readonly plain: LiveRow;
  readonly name: string;
  readonly key: string;
}

/** All rows of a fleet in the order of their names, kept from one look to the next: only what came, went or was renamed is put in order again. */
export class RowIndex {
  #rows: readonly IndexedRow[] = [];
  #known = new Map<LiveRow, IndexedRow>();

  /** The rows as they are now. */
  update(fleet: ReadonlyMap<number, LiveRow>): readonly IndexedRow[] {
    const now = new Map<LiveRow, IndexedRow>();
    let isSame = fleet.size === this.#known.size;
    for (const live of fleet.values()) {
      const known = this.#known.get(live);
      const isKnown = known !== undefined && known.plain.row.name === known.name;
      if (!isKnown) isSame = false;
      now.set(live, isKnown ? known : indexed(live));
    }
    if (!isSame) this.#put(now);
    return this.#rows;
  }

  /** Those that stay are in order already, which the sort sees. */
  #put(now: Map<LiveRow, IndexedRow>): void {
    const stay = this.#rows.filter((row) => now.get(row.live) === row);
    const old = new Set(stay);
    const rows = [...stay, ...[...now.values()].filter((row) => !old.has(row))];
    this.#rows = rows.sort((a, b) => compareKeys(a.key, b.key) || a.live.key - b.live.key);
    this.#known = now;
  }
}

function indexed(live: LiveRow): IndexedRow {
  const plain = toRaw(live);
  const { name } = plain.row;
  return { live, plain, name, key: sortKey(name) };
}
