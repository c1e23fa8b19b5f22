const newline = 10;
/** How far the beginning is looked for of a line to begin with. */
const cleanWithinBytes = 4096;

/** The last bytes of an output. Offsets count from its first byte, whether it is still here or not. */
export class OutputRing {
  readonly #buffer: Uint8Array;
  #end = 0;

  constructor(capacityBytes: number) {
    this.#buffer = new Uint8Array(capacityBytes);
  }

  get capacityBytes(): number {
    return this.#buffer.length;
  }

  /** Of the oldest byte that is here. */
  get start(): number {
    return Math.max(0, this.#end - this.#buffer.length);
  }

  /** Of the next byte that comes. */
  get end(): number {
    return this.#end;
  }

  append(bytes: Uint8Array): void {
    const kept = bytes.subarray(Math.max(0, bytes.length - this.#buffer.length));
    const at = (this.#end + bytes.length - kept.length) % this.#buffer.length;
    const first = kept.subarray(0, this.#buffer.length - at);
    this.#buffer.set(first, at);
    this.#buffer.set(kept.subarray(first.length), 0);
    this.#end += bytes.length;
  }

  /** A copy of at most so many bytes from an offset on, which must be here; empty at the end. */
  read(from: number, mostBytes: number): Uint8Array {
    const length = Math.min(mostBytes, this.#end - from);
    const at = from % this.#buffer.length;
    const copy = new Uint8Array(length);
    const first = this.#buffer.subarray(at, Math.min(at + length, this.#buffer.length));
    copy.set(first);
    copy.set(this.#buffer.subarray(0, length - first.length), first.length);
    return copy;
  }

  /** Where to begin for somebody who has seen nothing: where bytes were lost, behind a line end, so that no half character or colour comes first. */
  get cleanStart(): number {
    const { start } = this;
    if (start === 0) return 0;
    const end = this.read(start, cleanWithinBytes).indexOf(newline);
    return end < 0 ? start : start + end + 1;
  }
}
