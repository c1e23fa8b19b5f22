import { ByteQueue, type Bytes, readSessionFrames, sessionBytes, sessionNote } from '@gantry/engine-api';

/** Who came, by which row, from which byte on. */
export interface Told {
  readonly caller: string;
  readonly from: number;
  readonly row: string;
}

/** A session as a host has it, as far as the server sees it. */
export class HostSession {
  readonly attached: { told: Told; queue: ByteQueue }[] = [];
  readonly ends: string[] = [];
  typed = '';
  /** Somebody who typed says that they type no more. */
  isTypedOut = false;
  output = Buffer.alloc(0);
  /** What comes before it is not kept any more. */
  oldest = 0;

  constructor(readonly facts: Record<string, unknown>) {}

  attach(told: Told, input?: Bytes): Bytes {
    if (input && told.row !== 'record') this.#hear(input).catch(() => undefined); // whoever typed is gone
    const queue = new ByteQueue(1_000_000);
    this.attached.push({ told, queue });
    const start = Math.max(told.from, this.oldest);
    queue.offer(sessionNote({ kind: 'hello', start, end: this.output.length, columns: 80, rows: 24 }));
    queue.offer(sessionNote({ kind: 'present', people: [{ id: 'x', name: 'ada', mode: 'own' }] }));
    queue.offer(sessionBytes(this.output.subarray(start)));
    if ('ended' in this.facts) {
      queue.offer(sessionNote({ kind: 'ended', exitCode: 0 }));
      queue.end();
    }
    return queue.bytes;
  }

  async #hear(input: Bytes): Promise<void> {
    for await (const part of readSessionFrames(input)) if (part instanceof Uint8Array) this.typed += Buffer.from(part).toString();
    this.isTypedOut = true;
  }

  say(text: string): void {
    this.output = Buffer.concat([this.output, Buffer.from(text)]);
    for (const { queue } of this.attached) queue.offer(sessionBytes(Buffer.from(text)));
  }

  end(cause: string): void {
    this.ends.push(cause);
    for (const { queue } of this.attached) {
      queue.offer(sessionNote({ kind: 'ended', exitCode: 0 }));
      queue.end();
    }
  }
}
