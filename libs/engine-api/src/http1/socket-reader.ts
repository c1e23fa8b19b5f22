import type { Duplex } from 'node:stream';
import { Failure } from '@gantry/base';
import { largestChunkBytes } from '../engine.ts';

/** While more than this is unread the socket is paused, so that the peer feels it. */
const readAheadBytes = largestChunkBytes;

/**
 * A socket as something to pull from. It reads a little ahead even while nobody pulls, so that the peer's end is noticed; one reader at a time.
 * `read` answers undefined after the peer's end (a half-close) and throws `cancelled` once the socket is gone without it.
 */
export class SocketReader {
  readonly #socket: Duplex;
  readonly #onEnd: () => void;
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #hasEnded = false;
  #isGone = false;
  #gaveUp: Failure | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Duplex, onEnd: () => void = () => undefined) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    socket.on('data', this.#receive).on('end', this.#end).on('close', this.#close);
  }

  /** The peer has said its end; bytes before it may still be unread. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Nobody pulls and the buffer is full: the peer's end could not be noticed. */
  get isFull(): boolean {
    return this.#bufferedBytes >= readAheadBytes;
  }

  get hasUnread(): boolean {
    return this.#bufferedBytes > 0;
  }

  /** The next bytes as they came, at most `limitBytes` of them. */
  async read(limitBytes: number = largestChunkBytes): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = this.take(limitBytes);
      if (chunk) return chunk;
      if (this.#hasEnded) return undefined;
      if (this.#isGone) throw new Failure('cancelled', 'the peer went away');
      if (this.#gaveUp) throw this.#gaveUp;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }

  /** What is here already, without waiting. */
  take(limitBytes: number = largestChunkBytes): Buffer | undefined {
    const first = this.#chunks[0];
    if (first === undefined) return undefined;
    if (first.length <= limitBytes) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(limitBytes);
    const taken = first.length <= limitBytes ? first : first.subarray(0, limitBytes);
    this.#bufferedBytes -= taken.length;
    if (this.#bufferedBytes < readAheadBytes && this.#socket.isPaused()) this.#socket.resume();
    return taken;
  }

  /** Nothing more is waited for: a read that would have to wait throws the failure, the one that waits now and all later ones. */
  giveUp(failure: Failure): void {
    this.#gaveUp = failure;
    this.#wake?.();
  }

  /** Puts bytes back in front. */
  unread(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.unshift(chunk);
    this.#bufferedBytes += chunk.length;
    this.#wake?.();
  }

  /** Lets go of the socket and answers what was read ahead; the socket is left paused. */
  release(): Buffer {
    this.#socket.pause();
    this.#socket.off('data', this.#receive).off('end', this.#end).off('close', this.#close);
    const rest = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bufferedBytes = 0;
    return rest;
  }

  readonly #receive = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    if (this.isFull) this.#socket.pause();
    this.#wake?.();
  };

  readonly #end = (): void => {
    this.#hasEnded = true;
    this.#wake?.();
    this.#onEnd();
  };

  readonly #close = (): void => {
    this.#isGone = true;
    this.#wake?.();
  };
}
