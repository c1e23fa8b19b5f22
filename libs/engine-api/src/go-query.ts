import { Failure } from '@gantry/base';
import { notAnInteger } from './messages.ts';
import type { QueryKind, QueryShape } from './routes/route.ts';

/** A parsed query: repeated parameters in order. */
export type RawQuery = ReadonlyMap<string, readonly string[]>;

export type ValueOf<K extends QueryKind> = K extends 'flag' | 'flag-on'
  ? boolean
  : K extends 'texts'
    ? readonly string[]
    : K extends 'integer'
      ? number | undefined
      : string;

export type ParsedQuery<Q extends QueryShape> = { readonly [P in keyof Q]: ValueOf<Q[P]> };

/** Splits a query as Go does. Fails with `invalid` where an escape is broken. */
export function parseQuery(text: string): RawQuery {
  const query = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    if (pair.includes(';')) throw new Failure('invalid', 'invalid semicolon separator in query');
    const cut = pair.indexOf('=');
    const name = unescape(cut < 0 ? pair : pair.slice(0, cut));
    const value = cut < 0 ? '' : unescape(pair.slice(cut + 1));
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return query;
}

/** Decodes `%41` and `+`; bytes that are no UTF-8 become U+FFFD. */
function unescape(text: string): string {
  return unescapePath(text.replaceAll('+', ' '));
}

/** Decodes `%41`. Fails with `invalid` in Go's words where an escape is broken. */
export function unescapePath(text: string): string {
  if (!text.includes('%')) return text;
  const broken = /%(?![0-9a-fA-F]{2})(?:[^%]{0,2})/.exec(text)?.[0];
  if (broken !== undefined) throw new Failure('invalid', `invalid URL escape "${broken}"`);
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeLossy(text);
  }
}

function decodeLossy(text: string): string {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const part of text.match(/%[0-9a-fA-F]{2}|[^%]+/g) ?? []) {
    if (part.startsWith('%')) bytes.push(Number.parseInt(part.slice(1), 16));
    else bytes.push(...encoder.encode(part));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** Docker's reading of a boolean parameter. */
export const goBoolean = (value: string): boolean => !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());

/** Reads the parameters that a row knows; others count for nothing. Fails with `invalid` for an integer that is none. */
export function readQuery<Q extends QueryShape>(shape: Q, query: RawQuery): ParsedQuery<Q> {
  const entries = Object.entries(shape).map(([name, kind]) => [name, readParameter(name, kind, query.get(name))]);
  return Object.fromEntries(entries) as ParsedQuery<Q>;
}

function readParameter(
  name: string,
  kind: QueryKind,
  values: readonly string[] = [],
): boolean | string | number | readonly string[] | undefined {
  const first = values[0];
  switch (kind) {
    case 'flag':
      return goBoolean(first ?? '');
    case 'flag-on':
      return first === undefined || first === '' ? true : goBoolean(first);
    case 'texts':
      return values;
    case 'integer':
      return readInteger(name, first);
    case 'text':
    case 'filters':
      return first ?? '';
  }
}

function readInteger(name: string, value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  if (/^[+-]?\d+$/.test(value)) return Number(value);
  throw new Failure('invalid', notAnInteger(value), { details: { parameter: name } });
}
