/** Netlink's wire form (linux/netlink.h): little-endian header, payload and attributes, each padded to four bytes. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

/** Number → value. */
export type Attributes = ReadonlyMap<number, Buffer>;

const headerBytes = 16;
const typeMask = 0x3fff;
const nested = 0x8000;

export const messageType = { noop: 1, error: 2, done: 3 } as const;
export const messageFlag = { request: 1, ack: 4, dump: 0x300, replace: 0x100, exclusive: 0x200, create: 0x400, append: 0x800 } as const;

export function encodeMessage({ type, flags, sequence, payload }: NetlinkMessage): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(headerBytes + payload.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, payload]);
}

/** The messages of one datagram; a cut one at its end is left out. */
export function decodeMessages(datagram: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + headerBytes <= datagram.length;) {
    const length = datagram.readUInt32LE(at);
    if (length < headerBytes || at + length > datagram.length) break;
    messages.push({
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      sequence: datagram.readUInt32LE(at + 8),
      payload: datagram.subarray(at + headerBytes, at + length),
    });
    at += aligned(length);
  }
  return messages;
}

export function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(aligned(4 + value.length));
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

export const nest = (type: number, ...inner: Buffer[]): Buffer => attribute(type | nested, Buffer.concat(inner));
export const textAttribute = (type: number, text: string): Buffer => attribute(type, Buffer.from(`${text}\0`));
export const byteAttribute = (type: number, value: number): Buffer => attribute(type, Uint8Array.of(value));

export function numberAttribute(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return attribute(type, bytes);
}

export function decodeAttributes(bytes: Buffer): Attributes {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    found.set(bytes.readUInt16LE(at + 2) & typeMask, bytes.subarray(at + 4, at + length));
    at += aligned(length);
  }
  return found;
}

export function textOf(value: Buffer | undefined): string | undefined {
  return value?.toString('utf8', 0, value.length - 1);
}

export function numberOf(value: Buffer | undefined): number | undefined {
  return value === undefined || value.length < 4 ? undefined : value.readUInt32LE(0);
}

const aligned = (length: number): number => (length + 3) & ~3;
