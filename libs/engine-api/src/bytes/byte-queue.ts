import { type Bytes, largestChunkBytes } from '../engine.ts';
import { pulledBytes } from './pulled-bytes.ts';

export interface QueueEvents {
  /** The reader has taken so many bytes. */
  readonly taken?: (bytes: number) => void;
  /** The reader wants no more; so many queued bytes were dropped. */
  readonly stopped?: (droppedBytes: number) => void;
}

/** A bounded queue between one writer and one reader of bytes. The writer waits while `capBytes` or more are unread. */
export class ByteQueue {
  readonly #capBytes: number;
  #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #end: 'open' | 'ended' | 'stopped' | { readonly failure: Error } = 'open';
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;
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
        told.stopped?.(this.discard());
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
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    this.#wakeReader?.();
  }

  /** Queues, then waits until there is room again or the reader has stopped. */
  async push(chunk: Uint8Array): Promise<void> {
    this.offer(chunk);
    while (this.#end === 'open' && this.#queuedBytes >= this.#capBytes) await new Promise<void>((resolve) => (this.#wakeWriter = resolve));
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
    this.#queuedBytes -= taken.length;
    if (this.#queuedBytes < this.#capBytes) this.#wakeWriter?.();
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
    this.#queuedBytes = 0;
    this.#wake();
  }

  #wake(): void {
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }
}
