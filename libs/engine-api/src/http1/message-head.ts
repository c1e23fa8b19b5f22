import { refused } from './refused.ts';

/** The first line and the fields of a message, all of them, names in lower case; repeated fields are joined as RFC 9110 5.3 says. */
export interface RequestHead {
  readonly method: string;
  /** Path and query as sent; the scheme and host of an absolute form are dropped. */
  readonly target: string;
  /** HTTP/1.1, not 1.0. */
  readonly isVersion11: boolean;
  readonly headers: ReadonlyMap<string, string>;
}

export interface ResponseHead {
  readonly status: number;
  readonly isVersion11: boolean;
  readonly headers: ReadonlyMap<string, string>;
}

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)$/;
const statusLine = /^HTTP\/1\.([01]) (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// No CR, LF, NUL or other control may stand in a value: what one reader takes for one field, the next could take for two.
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Reads a request's head, up to and without its empty line. Strict: what RFC 9112 lets a recipient repair is refused with 400. */
export function parseRequestHead(text: string): RequestHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, method, target, major, minor] = requestLine.exec(first) ?? [];
  if (method === undefined || target === undefined) throw refused(400, 'malformed request line');
  if (major !== '1' || (minor !== '1' && minor !== '0')) throw refused(505, 'unsupported protocol version');
  const headers = parseFields(lines);
  if (minor === '1' && !headers.has('host')) throw refused(400, 'missing required Host header');
  return { method, target: originForm(target), isVersion11: minor === '1', headers };
}

/** Reads a response's head; throws as `parseRequestHead` does. */
export function parseResponseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, status] = statusLine.exec(first) ?? [];
  if (status === undefined) throw refused(502, 'malformed status line');
  return { status: Number(status), isVersion11: minor === '1', headers: parseFields(lines) };
}

function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const path = /^https?:\/\/[^/?#]+(\/.*)?$/i.exec(target);
  if (!path) throw refused(400, 'malformed request target');
  return path[1] ?? '/';
}

function parseFields(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '');
    // A folded line (RFC 9112 5.2) starts with a blank, so its name is no token.
    if (colon < 1 || !fieldName.test(name)) throw refused(400, 'malformed header field');
    if (!fieldValue.test(value)) throw refused(400, `malformed value of header ${name}`);
    const earlier = fields.get(name);
    if (earlier !== undefined && isSingle(name)) throw refused(400, `more than one header ${name}`);
    fields.set(name, earlier === undefined ? value : earlier + (name === 'cookie' ? '; ' : ', ') + value);
  }
  return fields;
}

function isSingle(name: string): boolean {
  return name === 'host' || name === 'content-length' || name === 'transfer-encoding';
}

/** The lower-case tokens of a list field. */
export function tokens(value: string | undefined): string[] {
  if (value === undefined) return [];
  return value
    .toLowerCase()
    .split(',')
    .map((token) => token.trim());
}

const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** The fields that are meant for the other end: without those of this hop and those that Connection names. */
export function endToEnd(headers: ReadonlyMap<string, string>): Map<string, string> {
  const kept = new Map(headers);
  for (const name of [...hopByHop, ...tokens(headers.get('connection'))]) kept.delete(name);
  return kept;
}
