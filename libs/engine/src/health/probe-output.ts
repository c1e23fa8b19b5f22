const keptBytes = 4096;

/** What a probe says: its first 4096 bytes, and `...` where there were more. */
export class ProbeOutput {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #isCut = false;

  add(chunk: Uint8Array): void {
    const kept = chunk.subarray(0, keptBytes - this.#size);
    if (kept.length > 0) this.#chunks.push(kept);
    this.#size += kept.length;
    this.#isCut ||= kept.length < chunk.length;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8') + (this.#isCut ? '...' : '');
  }
}
