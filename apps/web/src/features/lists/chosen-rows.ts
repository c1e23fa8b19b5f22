import { shallowRef } from 'vue';

/**
 * A reactive set for what is chosen among thousands of rows. Whoever has read anything of it hears of a change once, however many are added before they
 * read again; Vue's own reactive sets tell of each, to each who asked for each.
 */
export class ChosenRows<Row> extends Set<Row> {
  readonly #version = shallowRef(0);
  /** All who have read have been told since. */
  #isTold = false;

  override add(row: Row): this {
    if (super.has(row)) return this;
    super.add(row);
    this.#tell();
    return this;
  }

  override delete(row: Row): boolean {
    const isGone = super.delete(row);
    if (isGone) this.#tell();
    return isGone;
  }

  override clear(): void {
    if (super.size === 0) return;
    super.clear();
    this.#tell();
  }

  override has(row: Row): boolean {
    this.#read();
    return super.has(row);
  }

  override get size(): number {
    this.#read();
    return super.size;
  }

  override [Symbol.iterator](): SetIterator<Row> {
    this.#read();
    return super[Symbol.iterator]();
  }

  /** Whoever asks here hears of the next change. */
  #read(): number {
    this.#isTold = false;
    return this.#version.value;
  }

  #tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#version.value++;
  }
}
