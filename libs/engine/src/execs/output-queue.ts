import type { OutputPart } from '@gantry/engine-api';

const largestBacklogBytes = 1024 * 1024;

/** What an exec has written and its client has not read: at most 1 MiB, then the process waits. */
export class OutputQueue {
  readonly #parts: OutputPart[] = [];
  #bytes = 0;
  #isOver = false;
  #wakeReader: () => void = () => undefined;
  #onRoom: (() => void)[] = [];

  /** Waits while the queue is full. */
  async push(part: OutputPart): Promise<void> {
    this.offer(part);
    if (this.#bytes > largestBacklogBytes) await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  /** Takes it in any case; a full queue pauses the source until there is room. */
  offer(part: OutputPart, source?: { pause(): void; resume(): void }): void {
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
      // Nobody reads any more: the process must not wait for ever.
      this.#bytes = -Infinity;
      this.#makeRoom();
    }
  }

  #makeRoom(): void {
    const waiting = this.#onRoom;
    this.#onRoom = [];
    for (const resume of waiting) resume();
  }
}
