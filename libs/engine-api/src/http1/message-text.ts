import { STATUS_CODES } from 'node:http';
import { Failure } from '@gantry/base';

const canonicalNames = new Map<string, string>();

/** `content-type` as `Content-Type`, the way dockerd writes names. */
function canonical(name: string): string {
  let known = canonicalNames.get(name);
  if (known === undefined) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) throw new Failure('internal', `bad header name ${JSON.stringify(name)}`);
    known = name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
    // Names come from our own rows and from engines; a flood of made-up ones must not stay.
    if (canonicalNames.size < 512) canonicalNames.set(name, known);
  }
  return known;
}

function fields(headers: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [name, value] of headers) {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new Failure('internal', `bad value of header ${name}`);
    text += `${canonical(name)}: ${value}\r\n`;
  }
  return text;
}

/** A response's head with its empty line; `reason` overrides the usual phrase. */
export function responseText(status: number, headers: ReadonlyMap<string, string>, reason = STATUS_CODES[status] ?? 'Unknown'): string {
  return `HTTP/1.1 ${status} ${reason}\r\n${fields(headers)}\r\n`;
}

/** A request's head with its empty line. */
export function requestText(method: string, target: string, headers: ReadonlyMap<string, string>): string {
  if (/[^\x21-\x7e]/.test(target)) throw new Failure('invalid', 'the target has bytes that must be percent-encoded');
  return `${method} ${target} HTTP/1.1\r\n${fields(headers)}\r\n`;
}

/** A chunk's bytes between its size line and its line end. */
export function chunkParts(bytes: Uint8Array): [string, Uint8Array, string] {
  return [`${bytes.length.toString(16)}\r\n`, bytes, '\r\n'];
}

export const lastChunk = '0\r\n\r\n';
