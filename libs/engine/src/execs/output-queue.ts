import type { OutputPart } from '@gantry/engine-api';

const largestBacklogBytes = 1024 * 1024;

/** What an exec has written and its client has not read: at most 1 MiB, then the process waits. */
export class OutputQueue {
  readonly #parts: OutputPart[] = [];
  #bytes = 0;
  #isOver = false;
  #isAbandoned = false;
  #wakeReader: () => void = () => undefined;
  #onRoom: (() => void)[] = [];

  /** Waits while the queue is full. */
  async push(part: OutputPart): Promise<void> {
    this.offer(part);
    if (this.#bytes > largestBacklogBytes) await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  /** Takes it in any case; a full queue pauses the source until there is room. */
  offer(part: OutputPart, source?: { pause(): void; resume(): void }): void {
    if (this.#isAbandoned) return;
    this.#parts.push(part);
    this.#bytes += part.bytes.length;
    this.#wakeReader();
    if (source && this.#bytes > largestBacklogBytes) {
      source.pause();
      this.#onRoom.push(() => {
        source.resume();
      });
    }
  }

  end(): void {
    this.#isOver = true;
    this.#wakeReader();
  }

  /** Nobody reads any more: what comes is dropped, and the process must not wait for ever. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#parts.length = 0;
    this.#bytes = 0;
    this.#makeRoom();
    this.end();
  }

  async *parts(): AsyncGenerator<OutputPart> {
    try {
      for (;;) {
        const part = this.#parts.shift();
        if (part) {
          this.#bytes -= part.bytes.length;
          if (this.#bytes <= largestBacklogBytes) this.#makeRoom();
          yield part;
        } else if (this.#isOver) return;
        else await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      }
    } finally {
      this.abandon();
    }
  }

  #makeRoom(): void {
    const waiting = this.#onRoom;
    this.#onRoom = [];
    for (const resume of waiting) resume();
  }
}
