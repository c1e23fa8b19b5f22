import { Failure } from '@gantry/base';
import { largestChunkBytes } from '@gantry/engine-api/client';

/**
 * What a frame says. The asking side sends open, body, bodyEnd, input, inputEnd; the answering side go-on, head, output, outputEnd, stop;
 * both send reset and credit.
 */
export const frameTypes = {
  /** JSON of the request's head. */
  open: 1,
  body: 2,
  bodyEnd: 3,
  input: 4,
  inputEnd: 5,
  /** JSON of the response's head. */
  head: 6,
  output: 7,
  outputEnd: 8,
  /** JSON of a failure: the channel is over, both ways. */
  reset: 9,
  /** u32: so many more bytes may be sent; on channel 0 they are the connection's. */
  credit: 10,
  /** The rest of body or input is not wanted. */
  stop: 11,
  /** The body, held back because its client waits for 100-continue, may come. */
  goOn: 12,
} as const;

export type FrameType = (typeof frameTypes)[keyof typeof frameTypes];

export interface Frame {
  readonly channel: number;
  readonly type: FrameType;
  readonly payload: Uint8Array;
}

const headBytes = 5;
/** Data frames. A receiver grants a channel this much at the start, and again what its reader has taken. */
export const channelWindowBytes = 262_144;
/** What may be on its way on a connection, all channels together; granted again on arrival, so that no slow reader holds up others. */
export const connectionWindowBytes = 1_048_576;
export const largestDataBytes = largestChunkBytes;
/** Heads of requests and answers; below socket.io's `maxHttpBufferSize` of 256 KiB, which ends a connection without a word. */
export const largestMessageBytes = 196_608;

const types: ReadonlySet<number> = new Set(Object.values(frameTypes));
const dataTypes: ReadonlySet<FrameType> = new Set([frameTypes.body, frameTypes.input, frameTypes.output]);

export function isData(type: FrameType): boolean {
  return dataTypes.has(type);
}

/** One frame of the parts of a payload: channel as big-endian u32, type, payload. */
export function encodeFrame(channel: number, type: FrameType, parts: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = parts.reduce((sum, { length }) => sum + length, 0);
  if (sizeBytes > (isData(type) ? largestDataBytes : largestMessageBytes))
    throw new Failure('internal', `a frame of ${sizeBytes} bytes is too large to send`);
  const frame = new Uint8Array(headBytes + sizeBytes);
  new DataView(frame.buffer).setUint32(0, channel);
  frame[4] = type;
  let at = headBytes;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

/** Fails with `invalid` for what no peer of ours would send. The payload shares the frame's memory. */
export function decodeFrame(frame: Uint8Array): Frame {
  const type = frame[4];
  if (type === undefined || !types.has(type)) throw new Failure('invalid', `unknown frame type ${String(type)}`);
  const payload = frame.subarray(headBytes);
  const limitBytes = isData(type as FrameType) ? largestDataBytes : largestMessageBytes;
  if (payload.length > limitBytes) throw new Failure('invalid', `a frame of ${payload.length} bytes is too large`);
  const channel = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
  return { channel, type: type as FrameType, payload };
}

export function encodeCredit(bytes: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, bytes);
  return payload;
}

export function decodeCredit(payload: Uint8Array): number {
  if (payload.length !== 4) throw new Failure('invalid', 'a credit frame is not 4 bytes long');
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}
