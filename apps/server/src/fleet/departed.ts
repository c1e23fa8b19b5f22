import type { PlainRow } from './plain-row.ts';

const keptMs = 600_000;
const mostKept = 10_000;
/** Longer than changes are gathered before they are told. */
const surelyKeptMs = 1_000;

/** Containers that are no more, for ten minutes: what is said of their end is decided by what they were. */
export class Departed {
  readonly #rows = new Map<number, { readonly row: PlainRow; readonly atMs: number }>();

  add(row: PlainRow): void {
    const now = performance.now();
    this.#rows.set(row.key, { row, atMs: now });
    for (const [key, { atMs }] of this.#rows) {
      const ageMs = now - atMs;
      if (ageMs < surelyKeptMs || (ageMs < keptMs && this.#rows.size <= mostKept)) break;
      this.#rows.delete(key);
    }
  }

  row(key: number): PlainRow | undefined {
    return this.#rows.get(key)?.row;
  }

  rowOf(host: string, id: string): PlainRow | undefined {
    return [...this.#rows.values()].reverse().find(({ row }) => row.host === host && row.id === id)?.row;
  }
}
