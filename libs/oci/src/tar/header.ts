import { Failure } from '@gantry/base';
import { blockBytes, readableText } from './entry.ts';

/** The 512 bytes in front of each entry, as written: nothing is merged with pax records yet. */
export interface RawHeader {
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  /** One character: '0' file, '1' hardlink, … */
  readonly flag: string;
  readonly major: number;
  readonly minor: number;
}

const checksumAt = { from: 148, to: 156 };

export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** Fails with `invalid` where the checksum or a number is wrong. */
export function parseHeader(block: Uint8Array): RawHeader {
  const bytes = Buffer.from(block.buffer, block.byteOffset, blockBytes);
  checkSum(bytes);
  const isUstar = bytes.toString('latin1', 257, 262) === 'ustar';
  const isGnu = bytes.toString('latin1', 257, 265) === 'ustar  \0';
  const prefix = isUstar && !isGnu ? field(bytes, 345, 500) : '';
  const short = field(bytes, 0, 100);
  return {
    name: prefix === '' ? short : `${prefix}/${short}`,
    linkName: field(bytes, 157, 257),
    mode: binaryOrOctal(bytes, 100, 108) & 0o7777,
    uid: binaryOrOctal(bytes, 108, 116),
    gid: binaryOrOctal(bytes, 116, 124),
    sizeBytes: binaryOrOctal(bytes, 124, 136),
    mtimeSeconds: binaryOrOctal(bytes, 136, 148),
    flag: String.fromCharCode(bytes[156] ?? 0),
    major: isUstar ? binaryOrOctal(bytes, 329, 337) : 0,
    minor: isUstar ? binaryOrOctal(bytes, 337, 345) : 0,
  };
}

/** Up to the first NUL. */
function field(bytes: Buffer, from: number, to: number): string {
  const end = bytes.indexOf(0, from);
  return bytes.toString('latin1', from, end < 0 || end > to ? to : end);
}

/** Octal digits, or GNU's base-256 where the first bit is set (two's complement). */
export function binaryOrOctal(block: Uint8Array, from: number, to: number): number {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.length);
  const first = bytes[from] ?? 0;
  if (first & 0x80) return binary(bytes.subarray(from, to));
  const digits = bytes.toString('latin1', from, to).replace(/^[\s\0]+|[\s\0].*$/gs, '');
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw new Failure('invalid', `tar header has the number ${JSON.stringify(digits)}`);
  return parseInt(digits, 8);
}

function binary(bytes: Buffer): number {
  const isNegative = ((bytes[0] ?? 0) & 0x40) !== 0;
  let value = BigInt((bytes[0] ?? 0) & 0x7f);
  for (const byte of bytes.subarray(1)) value = (value << 8n) | BigInt(byte);
  if (isNegative) value -= 1n << BigInt(bytes.length * 8 - 1);
  const result = Number(value);
  if (!Number.isSafeInteger(result)) throw new Failure('invalid', 'tar header has a number beyond 53 bits');
  return result;
}

/** Unsigned as POSIX says, or signed as some old tars wrote it. */
function checkSum(bytes: Buffer): void {
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < blockBytes; at++) {
    const byte = at >= checksumAt.from && at < checksumAt.to ? 0x20 : (bytes[at] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const stored = binaryOrOctal(bytes, checksumAt.from, checksumAt.to);
  if (stored !== unsigned && stored !== signed) {
    throw new Failure('invalid', `tar header of ${JSON.stringify(readableText(field(bytes, 0, 100)))} has a wrong checksum`);
  }
}
