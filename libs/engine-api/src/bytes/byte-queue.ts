import { type Bytes, largestChunkBytes } from '../engine.ts';
import { pulledBytes } from './pulled-bytes.ts';

const joinBytes = 16_384;
const largestJoinedBytes = 4096;

export interface QueueEvents {
  /** The reader has taken so many bytes. */
  readonly taken?: (bytes: number) => void;
  /** The reader wants no more; so many queued bytes were dropped. */
  readonly stopped?: (droppedBytes: number) => void;
}

/** A bounded queue between writers and one reader of bytes. A writer waits while `capBytes` or more are unread. */
export class ByteQueue {
  readonly #capBytes: number;
  #chunks: Uint8Array[] = [];
  /** The last chunk, where it has room for more small ones. */
  #tail: { readonly buffer: Uint8Array; readonly usedBytes: number } | undefined;
  #queuedBytes = 0;
  #end: 'open' | 'ended' | 'stopped' | { readonly failure: Error } = 'open';
  #wakeReader: (() => void) | undefined;
  /** Those that wait for room. */
  #writers: (() => void)[] = [];
  /** What the reader sees: the pushed bytes in chunks of at most 64 KiB, then the end, or the failure. */
  readonly bytes: Bytes;

  constructor(capBytes: number, told: QueueEvents = {}) {
    this.#capBytes = capBytes;
    this.bytes = pulledBytes(
      async () => {
        const chunk = await this.#take();
        if (chunk) told.taken?.(chunk.length);
        return chunk;
      },
      () => {
        const droppedBytes = this.discard();
        told.stopped?.(droppedBytes);
      },
    );
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The reader has said that it wants no more; pushed bytes are dropped. */
  get isStopped(): boolean {
    return this.#end === 'stopped';
  }

  /** Queues without waiting; for writers that keep the bound by other means (credit). */
  offer(chunk: Uint8Array): void {
    if (this.#end !== 'open' || chunk.length === 0) return;
    this.#queuedBytes += chunk.length;
    if (!this.#joinTail(chunk)) this.#chunks.push(chunk);
    this.#wakeReader?.();
  }

  /** Small chunks that nobody has taken yet are joined: what is queued must not cost many times what it holds. */
  #joinTail(chunk: Uint8Array): boolean {
    if (chunk.length > largestJoinedBytes) {
      this.#tail = undefined;
      return false;
    }
    const { buffer, usedBytes } = this.#tail ?? { buffer: undefined, usedBytes: 0 };
    if (buffer && usedBytes + chunk.length <= buffer.length) {
      buffer.set(chunk, usedBytes);
      this.#tail = { buffer, usedBytes: usedBytes + chunk.length };
      this.#chunks[this.#chunks.length - 1] = buffer.subarray(0, usedBytes + chunk.length);
      return true;
    }
    if (this.#chunks.length === 0) return false;
    const fresh = new Uint8Array(joinBytes);
    fresh.set(chunk);
    this.#tail = { buffer: fresh, usedBytes: chunk.length };
    this.#chunks.push(fresh.subarray(0, chunk.length));
    return true;
  }

  /** Queues, then waits until there is room again or the reader has stopped. */
  async push(chunk: Uint8Array): Promise<void> {
    this.offer(chunk);
    while (this.#end === 'open' && this.#queuedBytes >= this.#capBytes) await new Promise<void>((resolve) => this.#writers.push(resolve));
  }

  /** The clean end, after what is queued. */
  end(): void {
    if (this.#end !== 'open') return;
    this.#end = 'ended';
    this.#wake();
  }

  /** The reader's next pull throws; what is queued is dropped. */
  fail(failure: Error): void {
    if (typeof this.#end === 'object' || this.#end === 'stopped') return;
    this.#end = { failure };
    this.#drop();
  }

  async #take(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (typeof this.#end === 'object') throw this.#end.failure;
      const chunk = this.#chunks[0];
      if (chunk !== undefined) return this.#shift(chunk);
      if (this.#end !== 'open') return undefined;
      await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      this.#wakeReader = undefined;
    }
  }

  #shift(chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, largestChunkBytes);
    if (taken.length < chunk.length) this.#chunks[0] = chunk.subarray(largestChunkBytes);
    else this.#chunks.shift();
    if (this.#chunks.length === 0) this.#tail = undefined;
    this.#queuedBytes -= taken.length;
    if (this.#queuedBytes < this.#capBytes) this.#wakeWriters();
    return taken;
  }

  /** Drops what is queued and what is pushed from now on; answers how many queued bytes that were. */
  discard(): number {
    const droppedBytes = this.#queuedBytes;
    if (this.#end === 'open' || this.#end === 'ended') this.#end = 'stopped';
    this.#drop();
    return droppedBytes;
  }

  #drop(): void {
    this.#chunks = [];
    this.#tail = undefined;
    this.#queuedBytes = 0;
    this.#wake();
  }

  #wake(): void {
    this.#wakeReader?.();
    this.#wakeWriters();
  }

  #wakeWriters(): void {
    for (const wake of this.#writers.splice(0)) wake();
  }
}
