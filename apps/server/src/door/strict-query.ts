import { Failure } from '@gantry/base';
import { goBoolean, messages, parseFilters, parseQuery, type QueryKind, type QueryShape, type Route } from '@gantry/engine-api';

type Values = Readonly<Record<string, string | readonly string[]>>;

/** A query that was read by its row: what the rules judge, and the text that is forwarded, made from the same values. */
export interface StrictQuery {
  readonly values: Values;
  readonly text: string;
}

/** What docker-py sends (docker-compose 1 by it) and no engine has read for years: it is left out. */
const unread = new Set(['trunc_cmd', 'only_ids']);

/** Reads a query by its row; a parameter that the row does not know, or a scalar that comes twice, is `invalid`. */
export function readStrictQuery(route: Pick<Route, 'query' | 'filters'>, raw: string): StrictQuery {
  const shape: QueryShape = route.query;
  const values: Record<string, string | readonly string[]> = {};
  const text = new URLSearchParams();
  for (const [name, given] of parseQuery(raw)) {
    const kind = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (!kind && unread.has(name)) continue;
    if (!kind) throw new Failure('invalid', `unknown query parameter ${JSON.stringify(name)}`);
    if (kind !== 'texts' && given.length > 1) throw new Failure('invalid', `query parameter ${name} is given twice`);
    const read = given.map((value) => readValue(kind, value, { name, filters: route.filters }));
    for (const value of read) text.append(name, value);
    values[name] = kind === 'texts' ? read : (read[0] ?? '');
  }
  return { values, text: text.toString() };
}

function readValue(kind: QueryKind, value: string, { name, filters }: { name: string; filters: readonly string[] }): string {
  if (value.includes('\0')) throw new Failure('invalid', `query parameter ${name} holds a NUL`);
  switch (kind) {
    case 'flag':
      return goBoolean(value) ? '1' : '0';
    case 'flag-on':
      return value === '' || goBoolean(value) ? '1' : '0';
    case 'integer':
      if (value !== '' && !/^[+-]?\d{1,18}$/.test(value)) throw new Failure('invalid', messages.invalidJson(`${name} is no integer`));
      return value;
    case 'filters':
      return value === '' ? '' : JSON.stringify(Object.fromEntries(parseFilters(value, filters)));
    case 'text':
    case 'texts':
      return value;
  }
}
