import { Failure } from '@gantry/base';
import { type Bytes, largestChunkBytes } from '../engine.ts';

export type OutputStream = 'stdin' | 'stdout' | 'stderr' | 'system';

/** A piece of one of the streams of a multiplexed stream. */
export interface OutputPart {
  readonly stream: OutputStream;
  readonly bytes: Uint8Array;
}

/** In the order of the numbers that stand for them on the wire (moby's stdcopy). */
const streams: readonly OutputStream[] = ['stdin', 'stdout', 'stderr', 'system'];
const headBytes = 8;

/** The content type of streams framed so, and of those that are not. */
export const multiplexedStream = 'application/vnd.docker.multiplexed-stream';
export const rawStream = 'application/vnd.docker.raw-stream';

/** One frame: stream number, three zero bytes, length as big-endian u32, payload. The payload is copied; a frame of no bytes is legal and empty. */
export function multiplexedFrame(stream: OutputStream, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headBytes + payload.length);
  frame[0] = streams.indexOf(stream);
  new DataView(frame.buffer).setUint32(4, payload.length);
  frame.set(payload, headBytes);
  return frame;
}

/** Frames parts as they come; a part larger than a chunk may be becomes several frames. */
export async function* multiplex(parts: AsyncIterable<OutputPart>): AsyncGenerator<Uint8Array, void, undefined> {
  const largestPayload = largestChunkBytes - headBytes;
  for await (const { stream, bytes } of parts) {
    for (let start = 0; start < bytes.length; start += largestPayload) {
      yield multiplexedFrame(stream, bytes.subarray(start, start + largestPayload));
    }
  }
}

/**
 * Takes frames apart, whatever pieces the bytes come in; nothing is held back: a frame's payload may come in several parts.
 * Throws `invalid` on an unknown stream number and `unavailable` where the bytes end inside a frame.
 */
export async function* demultiplex(bytes: Bytes): AsyncGenerator<OutputPart, void, undefined> {
  const decoder = new MultiplexedDecoder();
  for await (const chunk of bytes) yield* decoder.push(chunk);
  decoder.end();
}

/** The same for those who are called with chunks. */
export class MultiplexedDecoder {
  readonly #head = new Uint8Array(headBytes);
  #headFilled = 0;
  #remainingBytes = 0;

  /** The parts that the chunk brings; they share its memory. */
  push(chunk: Uint8Array): OutputPart[] {
    const parts: OutputPart[] = [];
    for (let at = 0; at < chunk.length;) {
      if (this.#remainingBytes === 0) {
        at += this.#fillHead(chunk.subarray(at));
        continue;
      }
      const bytes = chunk.subarray(at, at + this.#remainingBytes);
      parts.push({ stream: streams[this.#head[0] as number] as OutputStream, bytes });
      at += bytes.length;
      this.#remainingBytes -= bytes.length;
    }
    return parts;
  }

  /** Throws `unavailable` inside a frame. */
  end(): void {
    if (this.#headFilled > 0 || this.#remainingBytes > 0) throw new Failure('unavailable', 'the multiplexed stream ends inside a frame');
  }

  #fillHead(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, headBytes - this.#headFilled);
    this.#head.set(taken, this.#headFilled);
    this.#headFilled += taken.length;
    if (this.#headFilled === headBytes) {
      const [stream = 0, ...zeros] = this.#head.subarray(0, 4);
      if (streams[stream] === undefined || zeros.some((byte) => byte !== 0))
        throw new Failure('invalid', `unknown stream ${stream} in a multiplexed stream`);
      this.#remainingBytes = new DataView(this.#head.buffer).getUint32(4);
      this.#headFilled = 0;
    }
    return taken.length;
  }
}
