import { bytesToIp, ipToBytes } from '@gantry/linux';

/** A query with its one question (RFC 1035, 4.1). */
export interface DnsQuery {
  readonly id: number;
  /** Lower case, without the last dot. */
  readonly name: string;
  readonly type: number;
  readonly bytes: Uint8Array;
  /** Where the question ends. */
  readonly questionEnd: number;
}

export const recordType = { a: 1, ptr: 12, aaaa: 28, any: 255 } as const;
export const responseCode = { ok: 0, formatError: 1, serverFailure: 2, noSuchName: 3, refused: 5 } as const;

export interface DnsAnswer {
  readonly type: number;
  readonly data: Uint8Array;
}

const headerBytes = 12;
const inClass = 1;
const ttlSeconds = 600; // as dockerd
const flags = { response: 0x8000, authoritative: 0x0400, recursionDesired: 0x0100, recursionAvailable: 0x0080, opcode: 0x7800 };

/** What every client takes. */
export const plainUdpBytes = 512;
const optType = 41;

/** How long an answer over UDP may be: what the client says (EDNS, RFC 6891: the record after the question), or 512 bytes. */
export function udpLimit({ bytes, questionEnd }: Pick<DnsQuery, 'bytes' | 'questionEnd'>): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const hasOption = view.length >= questionEnd + 11 && view[questionEnd] === 0 && view.readUInt16BE(questionEnd + 1) === optType;
  return hasOption ? Math.max(plainUdpBytes, view.readUInt16BE(questionEnd + 3)) : plainUdpBytes;
}

/** Undefined: not a plain query with one question. */
export function parseQuery(bytes: Uint8Array): DnsQuery | undefined {
  const questionEnd = questionEndOf(bytes);
  if (questionEnd === undefined) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const labels: string[] = [];
  for (let at = headerBytes; view[at] !== 0;) {
    const end = at + 1 + (view[at] ?? 0);
    labels.push(view.toString('latin1', at + 1, end));
    at = end;
  }
  const name = labels.join('.').toLowerCase();
  return { id: view.readUInt16BE(0), name, type: view.readUInt16BE(questionEnd - 4), bytes, questionEnd };
}

/** Where the one question of a plain query ends; undefined: it is none. */
export function questionEndOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < headerBytes + 5) return undefined;
  const isQuery = ((bytes[2] ?? 0) & ((flags.response | flags.opcode) >> 8)) === 0;
  if (!isQuery || bytes[4] !== 0 || bytes[5] !== 1) return undefined;
  let at = headerBytes;
  for (let length = bytes[at]; length !== 0; length = bytes[at]) {
    if (length === undefined || length > 63) return undefined;
    at += 1 + length;
  }
  return at + 5 <= bytes.length && bytes[at + 3] === 0 && bytes[at + 4] === inClass ? at + 5 : undefined;
}

/** The question of a plain query as it stands there, case and all. */
export const questionOf = (bytes: Buffer, questionEnd: number): string => bytes.toString('latin1', headerBytes, questionEnd);

/** An answer whose bytes are made but for what each query says anew; its records are all of one size. */
export interface PreparedAnswer {
  readonly bytes: Buffer;
  readonly recordsAt: number;
  readonly recordBytes: number;
  /** The type of its records. */
  readonly type: number;
}

/** The addresses of a name, of those the ones of the family that is asked for. */
export function prepareAnswer(query: DnsQuery, addresses: readonly string[]): PreparedAnswer {
  const answers = addresses.map(addressAnswer).filter(({ type }) => type === query.type);
  const recordsAt = query.questionEnd;
  const bytes = formatResponse(query, responseCode.ok, answers);
  return { bytes, recordsAt, recordBytes: answers.length === 0 ? 0 : (bytes.length - recordsAt) / answers.length, type: query.type };
}

/**
 * The answer to one query: its own id and its wish for recursion, and of the records another one first at each turn. A turn is taken only where there are several
 * records, and each type has its own turns: who asks for A and AAAA by turns would else always get the same A first.
 */
export function answerOf(
  { bytes, recordsAt, recordBytes, type }: PreparedAnswer,
  query: Uint8Array,
  nextTurn: (type: number) => number,
): Buffer {
  const answer = Buffer.allocUnsafe(bytes.length);
  const count = recordBytes === 0 ? 0 : (bytes.length - recordsAt) / recordBytes;
  const first = count < 2 ? recordsAt : recordsAt + (nextTurn(type) % count) * recordBytes;
  bytes.copy(answer, 0, 0, recordsAt);
  bytes.copy(answer, recordsAt, first);
  if (first > recordsAt) bytes.copy(answer, recordsAt + bytes.length - first, recordsAt, first);
  const wanted = flags.recursionDesired >> 8;
  answer[0] = query[0] ?? 0;
  answer[1] = query[1] ?? 0;
  answer[2] = ((bytes[2] ?? 0) & ~wanted) | ((query[2] ?? 0) & wanted);
  return answer;
}

/** A query for all addresses of a name. */
export function formatQuery(id: number, name: string): Buffer {
  const head = Buffer.alloc(headerBytes);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(1, 4);
  const labels = name.split('.').flatMap((label) => [Uint8Array.of(label.length), Buffer.from(label, 'latin1')]);
  return Buffer.concat([head, ...labels, Uint8Array.of(0, 0, recordType.any, 0, inClass)]);
}

/** The addresses of a response as `formatResponse` writes it; none where it is not one. */
export function answeredAddresses(message: Buffer): string[] {
  const count = message.readUInt16BE(6);
  let at = headerBytes;
  while (at < message.length && message[at] !== 0) at += 1 + (message[at] ?? 0);
  at += 5;
  const addresses: string[] = [];
  for (let index = 0; index < count && at + 12 <= message.length; index++) {
    const size = message.readUInt16BE(at + 10);
    const data = message.subarray(at + 12, at + 12 + size);
    if (data.length === 4 || data.length === 16) addresses.push(bytesToIp(data));
    at += 12 + size;
  }
  return addresses;
}

/** A response that repeats the question; its answers are about the name that was asked. */
export function formatResponse(query: DnsQuery, code: number, answers: readonly DnsAnswer[] = []): Buffer {
  const head = Buffer.alloc(headerBytes);
  const wanted = ((query.bytes[2] ?? 0) << 8) & flags.recursionDesired;
  const isOurs = answers.length > 0 ? flags.authoritative : 0;
  head.writeUInt16BE(query.id, 0);
  head.writeUInt16BE(flags.response | flags.recursionAvailable | isOurs | wanted | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(answers.length, 6);
  return Buffer.concat([head, query.bytes.subarray(headerBytes, query.questionEnd), ...answers.map(formatAnswer)]);
}

/** A response that tells a client of UDP to ask again by TCP. */
export function truncated(response: Uint8Array, questionEnd: number): Buffer {
  const short = Buffer.from(response.subarray(0, questionEnd));
  short[2] = (short[2] ?? 0) | 0x02;
  short.fill(0, 6, headerBytes);
  return short;
}

export const addressAnswer = (address: string): DnsAnswer => {
  const data = ipToBytes(address);
  return { type: data.length === 4 ? recordType.a : recordType.aaaa, data };
};

export function nameAnswer(name: string): DnsAnswer {
  const labels = name.split('.').flatMap((label) => [Uint8Array.of(Math.min(label.length, 63)), Buffer.from(label.slice(0, 63), 'latin1')]);
  return { type: recordType.ptr, data: Buffer.concat([...labels, Uint8Array.of(0)]) };
}

/** The address that a reverse name stands for (`2.0.17.172.in-addr.arpa`). */
export function reversedAddress(name: string): string | undefined {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (four) return four.slice(1).reverse().join('.');
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  if (!six) return undefined;
  const digits = (six[1] ?? '').split('.').slice(0, 32).reverse().join('');
  return bytesToIp(Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16)));
}

/** Compression: the name of an answer points at the question. */
function formatAnswer({ type, data }: DnsAnswer): Buffer {
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc000 | headerBytes, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(inClass, 4);
  record.writeUInt32BE(ttlSeconds, 6);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([record, data]);
}
