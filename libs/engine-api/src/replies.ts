import { type Bytes, type HijackedResponse, largestChunkBytes, type PlainResponse } from './engine.ts';

export type Headers = Readonly<Record<string, string>>;

const encoder = new TextEncoder();
const mapOf = (headers: Headers): Map<string, string> => new Map(Object.entries(headers));

/** A whole JSON answer. BigInts are written as plain numbers (Go's int64 and uint64 exceed a double). */
export function json(status: number, value: unknown, headers: Headers = {}): PlainResponse {
  return jsonText(status, stringify(value), headers);
}

/** The same of what is JSON already. */
export function jsonText(status: number, value: string, headers: Headers = {}): PlainResponse {
  return {
    kind: 'plain',
    status,
    headers: mapOf({ 'content-type': 'application/json', ...headers }),
    body: encoder.encode(`${value}\n`),
  };
}

/** An answer without a body. */
export function empty(status: number, headers: Headers = {}): PlainResponse {
  return { kind: 'plain', status, headers: mapOf(headers), body: new Uint8Array() };
}

export function text(status: number, body: string, headers: Headers = {}): PlainResponse {
  return { kind: 'plain', status, headers: mapOf({ 'content-type': 'text/plain; charset=utf-8', ...headers }), body: encoder.encode(body) };
}

/** A 200 whose body is sent as it comes. */
export function stream(headers: Headers, body: Bytes): PlainResponse {
  return { kind: 'plain', status: 200, headers: mapOf(headers), body };
}

/** JSON values one after another, each with the line end that clients split at (`\r\n` in progress streams, `\n` in events and stats). */
export function jsonStream(
  values: AsyncIterable<unknown>,
  { headers = {}, lineEnd = '\n' }: { headers?: Headers; lineEnd?: '\n' | '\r\n' } = {},
): PlainResponse {
  return stream({ 'content-type': 'application/json', ...headers }, lines(values, lineEnd));
}

/** Both directions become raw bytes after the head. */
export function hijack(headers: Headers, open: HijackedResponse['open']): HijackedResponse {
  return { kind: 'hijacked', headers: mapOf(headers), open };
}

async function* lines(values: AsyncIterable<unknown>, lineEnd: string): Bytes {
  for await (const value of values) {
    const line = encoder.encode(stringify(value) + lineEnd);
    for (let start = 0; start < line.length; start += largestChunkBytes) yield line.subarray(start, start + largestChunkBytes);
  }
}

interface RawJson {
  rawJSON(text: string): unknown;
}

/** JSON in which BigInts are plain numbers. To look at each value makes it several times as slow, so that is done only where there is a BigInt. */
export function stringify(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'bigint' ? (JSON as unknown as RawJson).rawJSON(item.toString()) : item,
    );
  }
}
