/** A row in sight: the slot whose elements show it, and which of the rows it is. */
export interface PlacedRow {
  readonly slot: number;
  readonly at: number;
}

/**
 * Which elements show which of the rows in sight. A row keeps its elements while it is in sight; one that comes gets those of one that has left, which are
 * then changed and not built. Rows lie where they are told to, so the order of the elements is for readers alone: while a list is being scrolled they are
 * not moved for it.
 */
export class RowSlots<Key> {
  #slots: ReadonlyMap<Key, number> = new Map();
  #order: readonly number[] = [];
  #next = 0;

  /** The rows of these keys in the order of their elements; with `mayMove` in that of the keys. */
  place(keys: readonly Key[], mayMove: boolean): readonly PlacedRow[] {
    const kept = new Set(keys.map((key) => this.#slots.get(key)));
    const free = this.#order.filter((slot) => !kept.has(slot));
    const placed = keys.map((key, at): PlacedRow => ({ at, slot: this.#slots.get(key) ?? free.shift() ?? this.#next++ }));
    this.#slots = new Map(keys.map((key, at) => [key, placed[at]?.slot ?? 0]));
    const inOrder = mayMove ? placed : this.#unmoved(placed);
    this.#order = inOrder.map(({ slot }) => slot);
    return inOrder;
  }

  /** Those that are there where they are, new ones after them. */
  #unmoved(placed: readonly PlacedRow[]): PlacedRow[] {
    const places = new Map(this.#order.map((slot, at) => [slot, at]));
    const placeOf = ({ slot }: PlacedRow): number => places.get(slot) ?? this.#order.length + slot;
    return placed.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
