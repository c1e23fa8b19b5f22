import { Failure } from '@gantry/base';
import { channelWindowBytes, connectionWindowBytes, encodeFrame, type FrameType, isData, largestDataBytes } from './frame.ts';

/** Small pieces of a channel that has just sent wait this long for more, where nothing else is said; those of a terminal always. */
export const usualBatchMs = 5;
/** What only terminals may use of the connection's window, so that bulk never stands in their way. */
const terminalReserveBytes = 65_536;

interface Entry {
  readonly type: FrameType;
  readonly chunks: Uint8Array[];
  sizeBytes: number;
  readonly sent?: (() => void) | undefined;
}

/** What one channel has to send, in order: data under credit, and marks between. */
export class OutQueue {
  /** Typing and its echo: goes before others. */
  isTerminal = false;
  readonly channel: number;
  readonly #batchMs: number;
  readonly #wake: (queue: OutQueue) => void;
  #entries: Entry[] = [];
  #queuedBytes = 0;
  #creditBytes = channelWindowBytes;
  #notBeforeMs = 0;
  #isDropped = false;
  #wakeWriter: (() => void) | undefined;

  constructor(channel: number, batchMs: number, wake: (queue: OutQueue) => void) {
    this.channel = channel;
    this.#batchMs = batchMs;
    this.#wake = wake;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Queues data and waits until less than a frame is queued. Resolves also when the channel is dropped. */
  async write(type: FrameType, chunk: Uint8Array): Promise<void> {
    if (this.#isDropped || chunk.length === 0) return;
    const last = this.#entries.at(-1);
    if (last?.type === type) {
      last.chunks.push(chunk);
      last.sizeBytes += chunk.length;
    } else this.#entries.push({ type, chunks: [chunk], sizeBytes: chunk.length });
    this.#queuedBytes += chunk.length;
    this.#wake(this);
    while (this.#queuedBytes >= largestDataBytes) await new Promise<void>((resolve) => (this.#wakeWriter = resolve));
  }

  /** Queues a frame that is no data; it goes after what is queued and needs no credit. `sent` is called when it goes, which credit may delay. */
  mark(type: FrameType, { payload = new Uint8Array(), sent }: { payload?: Uint8Array; sent?: () => void } = {}): void {
    if (this.#isDropped) return;
    this.#entries.push({ type, chunks: [payload], sizeBytes: 0, sent });
    this.#wake(this);
  }

  /** Forgets what is queued; nothing is taken any more. */
  drop(): void {
    this.#isDropped = true;
    this.#entries = [];
    this.#queuedBytes = 0;
    this.#wakeWriter?.();
  }

  /** Throws `invalid` where that is more than a window can hold. */
  grant(bytes: number): void {
    this.#creditBytes += bytes;
    if (this.#creditBytes > channelWindowBytes) throw new Failure('invalid', 'more credit than a channel has');
    this.#wake(this);
  }

  /** When the first entry may go: 0 at once, undefined not before more credit. Typing does not wait for company, nor does what a mark follows. */
  dueMs(connectionBytes: number, inputType: FrameType): number | undefined {
    const [first, second] = this.#entries;
    if (first === undefined) return undefined;
    if (!isData(first.type)) return 0;
    if (this.#creditBytes <= 0 || connectionBytes <= 0) return undefined;
    const isWhole = first.sizeBytes >= largestDataBytes || second !== undefined || first.type === inputType;
    return isWhole ? 0 : this.#notBeforeMs;
  }

  /** Takes the next frame's payload, at most `connectionBytes` of data. */
  take(connectionBytes: number, nowMs: number): { type: FrameType; parts: Uint8Array[]; dataBytes: number } {
    const first = this.#entries[0] as Entry;
    if (!isData(first.type)) {
      this.#entries.shift();
      first.sent?.();
      return { type: first.type, parts: first.chunks, dataBytes: 0 };
    }
    const dataBytes = Math.min(first.sizeBytes, largestDataBytes, this.#creditBytes, connectionBytes);
    const parts = cut(first.chunks, dataBytes);
    first.sizeBytes -= dataBytes;
    if (first.sizeBytes === 0) this.#entries.shift();
    this.#creditBytes -= dataBytes;
    this.#queuedBytes -= dataBytes;
    this.#notBeforeMs = nowMs + (this.isTerminal ? usualBatchMs : this.#batchMs);
    if (this.#queuedBytes < largestDataBytes) this.#wakeWriter?.();
    return { type: first.type, parts, dataBytes };
  }
}

/** Takes so many bytes off the front of the chunks. */
function cut(chunks: Uint8Array[], sizeBytes: number): Uint8Array[] {
  let count = 0;
  let wholeBytes = 0;
  for (const { length } of chunks) {
    if (wholeBytes + length > sizeBytes) break;
    wholeBytes += length;
    count++;
  }
  // One splice: shifting thousands of tiny chunks off a long list costs their square.
  const parts = chunks.splice(0, count);
  const [first] = chunks;
  if (first && wholeBytes < sizeBytes) {
    parts.push(first.subarray(0, sizeBytes - wholeBytes));
    chunks[0] = first.subarray(sizeBytes - wholeBytes);
  }
  return parts;
}

/**
 * All that one end of a wire has to send. Under the connection's and each channel's credit; terminals first, then one frame per channel in turn, so that
 * channels share by bytes; small pieces are batched. Marks of no channel (credit, reset) go at once.
 */
export class Outbox {
  readonly #send: (frame: Uint8Array) => void;
  readonly #inputType: FrameType;
  readonly #batchMs: number;
  /** Queues with something in them, the one that has waited longest first. */
  readonly #waiting = new Set<OutQueue>();
  #connectionBytes = connectionWindowBytes;
  #isScheduled = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (frame: Uint8Array) => void, { inputType, batchMs }: { inputType: FrameType; batchMs: number }) {
    this.#send = send;
    this.#inputType = inputType;
    this.#batchMs = batchMs;
  }

  queue(channel: number): OutQueue {
    return new OutQueue(channel, this.#batchMs, (queue) => {
      this.#waiting.add(queue);
      this.#schedule();
    });
  }

  /** Sends a frame that is no data at once, before what is queued. */
  now(channel: number, type: FrameType, payload: Uint8Array): void {
    this.#send(encodeFrame(channel, type, [payload]));
  }

  /** Throws `invalid` where that is more than a window can hold. */
  grant(bytes: number): void {
    this.#connectionBytes += bytes;
    if (this.#connectionBytes > connectionWindowBytes) throw new Failure('invalid', 'more credit than the connection has');
    this.#schedule();
  }

  close(): void {
    for (const queue of this.#waiting) queue.drop();
    this.#waiting.clear();
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const nowMs = performance.now();
    for (let queue = this.#next(nowMs); queue; queue = this.#next(nowMs)) {
      const { type, parts, dataBytes } = queue.take(this.#available(queue), nowMs);
      this.#connectionBytes -= dataBytes;
      this.#waiting.delete(queue);
      if (!queue.isEmpty) this.#waiting.add(queue);
      this.#send(encodeFrame(queue.channel, type, parts));
    }
  }

  #available(queue: OutQueue): number {
    return queue.isTerminal ? this.#connectionBytes : this.#connectionBytes - terminalReserveBytes;
  }

  /** The queue whose turn it is; where all that may go is waiting for company, a timer is set. */
  #next(nowMs: number): OutQueue | undefined {
    let turn: OutQueue | undefined;
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const queue of this.#waiting) {
      if (queue.isEmpty) this.#waiting.delete(queue);
      const dueMs = queue.dueMs(this.#available(queue), this.#inputType);
      if (dueMs === undefined) continue;
      if (dueMs > nowMs) soonestMs = Math.min(soonestMs, dueMs);
      else if (queue.isTerminal) return queue;
      else turn ??= queue;
    }
    if (!turn && Number.isFinite(soonestMs)) this.#timer = setTimeout(() => this.#flush(), soonestMs - nowMs);
    return turn;
  }
}
