import { Failure } from '@gantry/base';
import type { z } from 'zod';
import { type GoJson, type GoObject, isGoObject } from './go-json.ts';
import { invalidJson } from './messages.ts';
import { words } from './routes/bodies/go-types.ts';

/**
 * Turns parsed JSON into the value of a body schema by Go's rules: names match exactly, else in any case; a later member of the same name merges
 * into the earlier one; null leaves a field as it is; unknown members count for nothing. Fails with `invalid` in the words of Go's decoder.
 * `onUnknown` hears the way to each member that the schema does not know.
 */
export function decodeGo<S extends z.ZodType>(schema: S, json: GoJson, onUnknown: (at: string) => void = () => undefined): z.output<S> {
  const decoder = new Decoder(onUnknown);
  return (decoder.decode(schema, json, { at: '', before: undefined }) ?? {}) as z.output<S>;
}

interface Place {
  readonly at: string;
  /** What an earlier member of the same name left here. */
  readonly before: unknown;
}

/** The part of a zod schema that is read here. */
interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly format?: string;
}

const definitionOf = (schema: z.ZodType): Definition => schema.def;

class Decoder {
  readonly #onUnknown: (at: string) => void;

  constructor(onUnknown: (at: string) => void) {
    this.#onUnknown = onUnknown;
  }

  decode(schema: z.ZodType, json: GoJson, place: Place): unknown {
    if (json === null) return place.before;
    const definition = definitionOf(schema);
    if (definition.innerType) return this.decode(definition.innerType, json, place);
    if (schema === words && typeof json === 'string') return [json];
    switch (definition.type) {
      case 'unknown':
        return plain(json);
      case 'string':
      case 'boolean':
        return typeof json === definition.type ? json : refuse(json, definition.type === 'string' ? 'string' : 'bool', place);
      case 'number':
        return decodeNumber(json, definition.format !== undefined || isInteger(schema), place);
      case 'array':
        return this.#array(definition.element as z.ZodType, json, place);
      case 'record':
        return this.#record(definition.valueType as z.ZodType, json, place);
      default:
        return this.#struct(definition.shape ?? {}, json, place);
    }
  }

  #array(element: z.ZodType, json: GoJson, place: Place): unknown[] {
    if (!Array.isArray(json)) return refuse(json, 'slice', place);
    return json.map((item: GoJson) => this.decode(element, item, { at: place.at, before: undefined }) ?? zeroOf(element));
  }

  #record(valueType: z.ZodType, json: GoJson, place: Place): Record<string, unknown> {
    if (!isGoObject(json)) return refuse(json, 'map', place);
    const record = new Map(Object.entries((place.before ?? {}) as Record<string, unknown>));
    for (const [key, value] of json.members) {
      record.set(key, this.decode(valueType, value, { at: place.at, before: undefined }) ?? zeroOf(valueType));
    }
    return Object.fromEntries(record);
  }

  #struct(shape: Readonly<Record<string, z.ZodType>>, json: GoJson, place: Place): Record<string, unknown> {
    if (!isGoObject(json)) return refuse(json, 'struct', place);
    const value: Record<string, unknown> = { ...(place.before as object | undefined) };
    for (const [name, member] of json.members) {
      const field = fieldOf(shape, name);
      const at = place.at === '' ? (field ?? name) : `${place.at}.${field ?? name}`;
      if (field === undefined) {
        this.#onUnknown(at);
        continue;
      }
      const decoded = this.decode(shape[field] as z.ZodType, member, { at, before: value[field] });
      if (decoded !== undefined) value[field] = decoded;
    }
    return value;
  }
}

/** The field that Go gives a member to. */
function fieldOf(shape: Readonly<Record<string, z.ZodType>>, name: string): string | undefined {
  if (Object.hasOwn(shape, name)) return name;
  const folded = name.toLowerCase();
  return Object.keys(shape).find((field) => field.toLowerCase() === folded);
}

function decodeNumber(json: GoJson, mustBeWhole: boolean, place: Place): number {
  if (typeof json !== 'number') return refuse(json, mustBeWhole ? 'int64' : 'float64', place);
  if (mustBeWhole && !Number.isInteger(json)) throw wrongType(`number ${json}`, 'int64', place);
  return json;
}

const isInteger = (schema: z.ZodType): boolean => 'isInt' in schema && schema.isInt === true;

function zeroOf(schema: z.ZodType): unknown {
  const definition = definitionOf(schema);
  if (definition.innerType) return zeroOf(definition.innerType);
  const zeros: Readonly<Record<string, unknown>> = { string: '', boolean: false, number: 0, array: [] };
  return zeros[definition.type] ?? {};
}

function plain(json: GoJson): unknown {
  if (Array.isArray(json)) return json.map(plain);
  return isGoObject(json) ? Object.fromEntries(json.members.map(([name, value]) => [name, plain(value)])) : json;
}

const kindOf = (json: GoJson): string => {
  if (Array.isArray(json)) return 'array';
  if (typeof json === 'boolean') return 'bool';
  return typeof json;
};

function refuse(json: Exclude<GoJson, null> | GoObject | null, wanted: string, place: Place): never {
  throw wrongType(kindOf(json), wanted, place);
}

function wrongType(found: string, wanted: string, { at }: Place): Failure {
  const into = at === '' ? 'Go value' : `Go struct field ${at}`;
  return new Failure('invalid', invalidJson(`json: cannot unmarshal ${found} into ${into} of type ${wanted}`));
}
