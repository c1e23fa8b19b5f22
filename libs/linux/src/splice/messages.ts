import type { ConnectionTarget } from './splice-calls.ts';

/** What is said to the thread that carries connections; it answers nothing, what it has done stands in `SharedCounts`. */
export type SpliceOrder =
  /** The descriptor of a connected TCP socket, the thread's from the moment it counts it as taken. `group`: whose it is. */
  | { readonly kind: 'carry'; readonly group: number; readonly socket: number; readonly to: ConnectionTarget }
  /** All connections of a group end now. */
  | { readonly kind: 'cut'; readonly group: number }
  | { readonly kind: 'close' };

export interface SpliceThreadData {
  /** Readable when there are orders. */
  readonly wake: number;
  readonly counts: SharedArrayBuffer;
}

/** Counts in memory that both threads see: they hold where a thread has died, too. */
export class SharedCounts {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  }

  /** How many orders to carry the thread has taken. */
  get taken(): number {
    return Atomics.load(this.#words, 0);
  }

  take(): void {
    Atomics.add(this.#words, 0, 1);
  }

  /** How many connections it carries. */
  get open(): number {
    return Atomics.load(this.#words, 1);
  }

  set open(count: number) {
    Atomics.store(this.#words, 1, count);
  }
}
