import { Failure } from '@gantry/base';
import { decodeGo } from './go-decode.ts';
import { type GoJson, isGoObject, parseGoJson } from './go-json.ts';
import { invalidFilter } from './messages.ts';
import { texts } from './routes/bodies/go-types.ts';

/** `filters` of a list: each key with its values, in order, without doubles. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the parameter `filters` in both forms, `{"label":["a=b"]}` and the older `{"label":{"a=b":true}}`. Fails with `invalid` for broken JSON,
 * another form, or a key that is not in `known`; `any` lets every key through.
 */
export function parseFilters(text: string, known: readonly string[] | 'any'): Filters {
  if (text === '') return new Map();
  const json = parseGoJson(text);
  if (!isGoObject(json)) throw new Failure('invalid', 'invalid filter');
  const filters = new Map<string, string[]>();
  for (const [key, value] of json.members) {
    if (known !== 'any' && !known.includes(key)) throw new Failure('invalid', invalidFilter(key));
    filters.set(key, [...new Set([...(filters.get(key) ?? []), ...valuesOf(value)])]);
  }
  return filters;
}

function valuesOf(value: GoJson): string[] {
  if (value === null) return [];
  if (!isGoObject(value)) return decodeGo(texts, value);
  if (!value.members.every(([, isSet]) => typeof isSet === 'boolean')) throw new Failure('invalid', 'invalid filter');
  return value.members.map(([name]) => name);
}
