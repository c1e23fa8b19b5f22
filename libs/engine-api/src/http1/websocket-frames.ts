import { createHash } from 'node:crypto';
import { Failure } from '@gantry/base';
import { largestChunkBytes } from '../engine.ts';

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** RFC 6455 4.2.2: the proof that a server has understood a client's key. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** One whole, unmasked frame from a server. */
export function frame(code: number, payload: Uint8Array): [Uint8Array, Uint8Array] {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | code;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return [head, payload];
}

/** The same frame as a client sends it. */
export function masked([head, payload]: [Uint8Array, Uint8Array], mask: Buffer): Buffer {
  const start = Buffer.from(head);
  start[1] = (start[1] as number) | 0x80;
  return Buffer.concat([start, mask, unmask(Buffer.from(payload), mask, 0)]);
}

/** A close frame with its code; 1000 is the clean end. */
export function closeFrame(code: number): [Uint8Array, Uint8Array] {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(opcode.close, payload);
}

export type WebsocketPart =
  /** Bytes of a text or binary message, unmasked, as they came: a message may come in many parts. */
  { readonly kind: 'data'; readonly bytes: Uint8Array } | { readonly kind: 'ping' | 'pong' | 'close'; readonly payload: Uint8Array };

interface FrameHead {
  readonly code: number;
  readonly lengthBytes: number;
  readonly mask: Buffer;
}

type Read = (limitBytes: number) => Promise<Buffer | undefined>;

const noMask = Buffer.alloc(4);

/**
 * What the peer sends, frame by frame, ending with its close frame or where `read` does. Only a client masks. Throws `invalid` with
 * details.closeCode where the peer breaks RFC 6455.
 */
export async function* websocketParts(read: Read, from: 'client' | 'server' = 'client'): AsyncGenerator<WebsocketPart, void, undefined> {
  let isInMessage = false;
  for (;;) {
    const first = await exactly(read, 2, { mayEnd: true });
    if (!first) return;
    const isMasked = ((first[1] as number) & 0x80) !== 0;
    if (isMasked !== (from === 'client')) throw broken(isMasked ? 'a frame is masked' : 'a frame is not masked');
    const { code, isFinal, short } = checkedStart(first, isInMessage);
    const lengthBytes = await fullLength(read, short);
    const head: FrameHead = { code, lengthBytes, mask: isMasked ? await exactly(read, 4) : noMask };
    if (code >= opcode.close) {
      const payload = unmask(await exactly(read, head.lengthBytes), head.mask, 0);
      yield { kind: code === opcode.ping ? 'ping' : code === opcode.pong ? 'pong' : 'close', payload };
      if (code === opcode.close) return;
      continue;
    }
    isInMessage = !isFinal;
    yield* dataParts(read, head);
  }
}

async function* dataParts(read: Read, { lengthBytes, mask }: FrameHead): AsyncGenerator<WebsocketPart> {
  for (let offset = 0; offset < lengthBytes;) {
    const chunk = await read(Math.min(lengthBytes - offset, largestChunkBytes));
    if (!chunk) throw new Failure('cancelled', 'the peer ended in the middle of a frame');
    yield { kind: 'data', bytes: unmask(chunk, mask, offset) };
    offset += chunk.length;
  }
}

function checkedStart(start: Buffer, isInMessage: boolean): { code: number; isFinal: boolean; short: number } {
  const [first, second] = [start[0] as number, start[1] as number];
  const code = first & 0x0f;
  const isFinal = (first & 0x80) !== 0;
  const short = second & 0x7f;
  if ((first & 0x70) !== 0) throw broken('a reserved bit is set');
  if (code >= opcode.close) {
    if (code > opcode.pong) throw broken(`unknown opcode ${code}`);
    if (!isFinal || short > 125) throw broken('a control frame is too long or in parts');
  } else {
    if (code > opcode.binary) throw broken(`unknown opcode ${code}`);
    if ((code === opcode.continuation) !== isInMessage) throw broken('a message starts inside another');
  }
  return { code, isFinal, short };
}

async function fullLength(read: Read, short: number): Promise<number> {
  if (short < 126) return short;
  const long = await exactly(read, short === 126 ? 2 : 8);
  if (short === 126) return long.readUInt16BE();
  const length = long.readBigUInt64BE();
  if (length > BigInt(Number.MAX_SAFE_INTEGER)) throw broken('a frame is too long');
  return Number(length);
}

async function exactly(read: Read, bytes: number): Promise<Buffer>;
async function exactly(read: Read, bytes: number, options: { mayEnd: true }): Promise<Buffer | undefined>;
async function exactly(read: Read, bytes: number, options?: { mayEnd: true }): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  for (let missing = bytes; missing > 0;) {
    const chunk = await read(missing);
    if (!chunk && options && missing === bytes) return undefined;
    if (!chunk) throw new Failure('cancelled', 'the peer ended in the middle of a frame');
    parts.push(chunk);
    missing -= chunk.length;
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

function unmask(bytes: Buffer, mask: Buffer, offset: number): Buffer {
  for (let index = 0; index < bytes.length; index++) bytes[index] = (bytes[index] as number) ^ (mask[(offset + index) & 3] as number);
  return bytes;
}

function broken(message: string): Failure {
  return new Failure('invalid', message, { details: { closeCode: 1002 } });
}
