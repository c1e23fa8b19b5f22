import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import { createGenerator, type SchemaGenerator } from 'ts-json-schema-generator';

/** A type of the published description, by its name in `@docker/node-sdk`; with `[]` a list of it. */
export type AnswerType = string;

const types = join(dirname(createRequire(import.meta.url).resolve('@docker/node-sdk')), '../lib/types/*.ts');
/** Without the libraries and types of this project, which take three times as long to read as these. */
const tsconfig = fileURLToPath(new URL('answer-schemas.tsconfig.json', import.meta.url));
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
const validators = new Map<AnswerType, ValidateFunction>();
let generator: SchemaGenerator | undefined;

/** Fails where a JSON answer is not of a type of the published description, and names each place. */
export function checkAnswer(type: AnswerType, answer: unknown): void {
  const validate = validators.get(type) ?? compile(type);
  if (validate(answer)) return;
  const places = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message ?? ''}`);
  throw new Error(
    `the answer is no ${type}:\n${[...new Set(places)].slice(0, 20).join('\n')}\n${(JSON.stringify(answer) as string | undefined)?.slice(0, 2000) ?? 'nothing'}`,
  );
}

function compile(type: AnswerType): ValidateFunction {
  generator ??= createGenerator({ path: types, tsconfig, skipTypeCheck: true, additionalProperties: true });
  const element = type.replace(/\[\]$/, '');
  const schema = withNulls(generator.createSchema(element)) as object;
  const validate = ajv.compile(
    element === type ? schema : { ...schema, $ref: undefined, type: 'array', items: { $ref: `#/definitions/${element}` } },
  );
  validators.set(type, validate);
  return validate;
}

/** Go pointers that the description calls plain values. */
const pointers = ['MemorySwappiness', 'OomKillDisable'];

/** Go writes a nil list, map or pointer as null and an enumeration that is not set as '': the description leaves both out. */
function withNulls(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNulls);
  if (typeof schema !== 'object' || schema === null) return schema;
  const plain = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === 'enum' ? value : pointers.includes(key) ? {} : withNulls(value)]),
  ) as {
    type?: unknown;
    enum?: unknown[];
  };
  if (plain.enum) return { enum: [...new Set([...plain.enum, '', null])] };
  if (plain.type === 'array' || plain.type === 'object') return { ...plain, type: [plain.type, 'null'] };
  return plain;
}
