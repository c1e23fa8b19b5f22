import { Failure } from '@gantry/base';

/** Reads exact pieces out of a stream of chunks; views of the chunks where it can. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Between 1 and `most` bytes; undefined at the end. */
  async some(most: number): Promise<Uint8Array | undefined> {
    while (this.#offset === this.#chunk.length) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#chunk = next.value;
      this.#offset = 0;
    }
    const piece = this.#chunk.subarray(this.#offset, this.#offset + most);
    this.#offset += piece.length;
    return piece;
  }

  /** Exactly `count` bytes; undefined at a clean end; fails with `invalid` where the stream ends in between. */
  async exactly(count: number): Promise<Uint8Array | undefined> {
    const first = await this.some(count);
    if (first === undefined || first.length === count) return first;
    const whole = new Uint8Array(count);
    whole.set(first);
    for (let filled = first.length; filled < count;) {
      const piece = await this.some(count - filled);
      if (piece === undefined) throw new Failure('invalid', 'tar archive ends in the middle of an entry');
      whole.set(piece, filled);
      filled += piece.length;
    }
    return whole;
  }

  /** Reads on to the end of the stream, so that whoever counts or hashes it has seen all of it. */
  async drain(): Promise<void> {
    while ((await this.some(Number.MAX_SAFE_INTEGER)) !== undefined);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
