import { Failure } from '@gantry/base';
import {
  ByteQueue,
  type Bytes,
  type HijackedResponse,
  readSessionFrames,
  sessionBytes,
  type SessionNote,
  sessionNote,
} from '@gantry/engine-api/client';

export type SessionEnd = Extract<SessionNote, { kind: 'ended' }>;

/** What a session is shown on. */
export interface SessionView {
  /** Resolves when it is shown: a flood of output waits in the container, not in the page. */
  show(bytes: Uint8Array): Promise<void>;
  /** Bytes were lost before those that follow. */
  skipped(bytes: number): void;
  told(note: SessionNote): void;
  /** It is shown now, or for the time being not. */
  linked(isLinked: boolean): void;
}

export interface SessionStreamOptions {
  /** Nobody has seen anything of it: what it asks is still to be answered. */
  readonly isNew: boolean;
  /** Attaches at an offset of the output. */
  readonly attach: (from: number, signal: AbortSignal) => Promise<HijackedResponse>;
  readonly view: SessionView;
  /** Waits before the next attempt. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
}

/** What may be typed or pasted ahead of a slow program. */
const mostTyped = 1024 * 1024;
/** Key presses, or pastes, while the connection is gone. */
const mostKeysAhead = 1000;

/** One person's way into a session, over every connection that there is meanwhile: each byte of its output is shown once. */
export class SessionStream {
  readonly #options: SessionStreamOptions;
  /** Offset of the next byte to be shown. */
  #at = 0;
  /** What was shown before the first attach ends here. */
  #oldUntil = 0;
  #input: ByteQueue | undefined;
  /** Typed while nothing is attached; it goes out with the next attach. */
  #typedAhead: Uint8Array[] = [];

  constructor(options: SessionStreamOptions) {
    this.#options = options;
  }

  /** What is shown now was there before this page: questions in it were answered long ago. */
  get isOld(): boolean {
    return this.#at < this.#oldUntil;
  }

  type(bytes: Uint8Array): void {
    if (this.#input) this.#input.offer(sessionBytes(bytes));
    else if (this.#typedAhead.length < mostKeysAhead) this.#typedAhead.push(bytes);
  }

  resize(columns: number, rows: number): void {
    this.#input?.offer(sessionNote({ kind: 'size', columns, rows }));
  }

  /** Resolves at the end of the session; rejects where it cannot be shown any more, and when the signal aborts. */
  async run(signal: AbortSignal): Promise<SessionEnd> {
    for (;;) {
      try {
        const end = await this.#once(signal);
        if (end) return end;
      } catch (thrown) {
        if (signal.aborted || Failure.from(thrown).code !== 'unavailable') throw thrown;
      }
      this.#options.view.linked(false);
      await this.#options.pause(signal);
    }
  }

  /** Undefined where the connection ended and not the session. */
  async #once(signal: AbortSignal): Promise<SessionEnd | undefined> {
    const opened = await this.#options.attach(this.#at, signal);
    const input = new ByteQueue(mostTyped);
    this.#input = input;
    for (const bytes of this.#typedAhead.splice(0)) this.type(bytes);
    try {
      return await this.#read(opened.open(input.bytes));
    } finally {
      this.#input = undefined;
      input.end();
    }
  }

  async #read(frames: Bytes): Promise<SessionEnd | undefined> {
    const { view } = this.#options;
    for await (const part of readSessionFrames(frames)) {
      if (part instanceof Uint8Array) {
        const shown = view.show(part);
        // Counted when the screen has it, whatever happens while it draws.
        await shown.finally(() => (this.#at += part.length));
        continue;
      }
      if (part.kind === 'hello') this.#begin(part);
      if (part.kind === 'skipped') this.#jump(part.to);
      view.told(part);
      if (part.kind === 'ended') return part;
    }
    return undefined;
  }

  #begin({ start, end }: Extract<SessionNote, { kind: 'hello' }>): void {
    const isFirst = this.#at === 0;
    if (isFirst && !this.#options.isNew) this.#oldUntil = end;
    if (isFirst) this.#at = start;
    else this.#jump(start);
    this.#options.view.linked(true);
  }

  #jump(to: number): void {
    if (to > this.#at) this.#options.view.skipped(to - this.#at);
    this.#at = to;
  }
}
