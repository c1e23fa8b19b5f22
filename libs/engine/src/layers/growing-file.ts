/** How far a file is written down that somebody else reads already, in memory that threads share: bytes, and whether more comes. */
const bytesAt = 0;
const stateAt = 1;
const states = { grows: 0n, isWhole: 1n, isGivenUp: 2n } as const;

/** The writer's side. */
export class GrowingFile {
  readonly memory: SharedArrayBuffer;
  readonly #words: BigInt64Array;

  constructor() {
    this.memory = new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT);
    this.#words = new BigInt64Array(this.memory);
  }

  /** So many bytes are in the file now. */
  grow(sizeBytes: number): void {
    Atomics.store(this.#words, bytesAt, BigInt(sizeBytes));
    Atomics.notify(this.#words, bytesAt);
  }

  /** `whole`: all of it is there. Else whoever waits for more gives up. What was said first counts. */
  end(how: 'whole' | 'given-up'): void {
    Atomics.compareExchange(this.#words, stateAt, states.grows, how === 'whole' ? states.isWhole : states.isGivenUp);
    Atomics.notify(this.#words, bytesAt);
  }
}

/** How often a reader looks whether the writer has ended: the end changes no size, and may come between a look and the wait. */
const lookEveryMs = 100;

/** Waits, blocking its thread, until more than `sizeBytes` are there, and answers how many; the size itself at the end, `undefined` where the writer gave up. */
export function grownBeyond(memory: SharedArrayBuffer, sizeBytes: number): number | undefined {
  const words = new BigInt64Array(memory);
  for (;;) {
    // The state first: what is written after `isWhole` was read is nothing.
    const state = Atomics.load(words, stateAt);
    const there = Atomics.load(words, bytesAt);
    if (state === states.isGivenUp) return undefined;
    if (Number(there) > sizeBytes || state === states.isWhole) return Number(there);
    Atomics.wait(words, bytesAt, there, lookEveryMs);
  }
}
