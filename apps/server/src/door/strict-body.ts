import { Failure } from '@gantry/base';
import { type Bytes, decodeGo, type GoJson, isGoObject, messages, parseGoJson, stringify } from '@gantry/engine-api';
import type { z } from 'zod';

const largestBytes = 1_048_576;
const deepest = 32;

/** A JSON body that was read by its row: the value that the rules judge and the bytes that are forwarded are the same. */
export interface StrictBody {
  readonly value: unknown;
  readonly bytes: Uint8Array;
  /** Fields that nobody knows; they are not forwarded. */
  readonly dropped: readonly string[];
}

/**
 * Reads a JSON body: one document of at most 1 MB and 32 levels, no name twice in any case (a decoder that ignores case would merge them and
 * the last would win unseen). `invalid`, or `unsupported` with status 415 for another type than JSON.
 */
export async function readStrictBody(schema: z.ZodType, body: Bytes, type: string): Promise<StrictBody> {
  const text = await collect(body);
  const isJson = type.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
  if (!isJson && (type !== '' || text !== '')) throw new Failure('invalid', messages.wrongContentType(type), { details: { status: 415 } });
  if (text === '') return { value: {}, bytes: new Uint8Array(), dropped: [] };
  const json = parseGoJson(text);
  checkDepth(json, 0);
  refuseDoubles(schema, json);
  const dropped: string[] = [];
  const value = decodeGo(schema, json, (at) => dropped.push(at));
  return { value, bytes: new TextEncoder().encode(stringify(value)), dropped };
}

async function collect(body: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > largestBytes)
      throw new Failure('invalid', `the body is larger than ${largestBytes} bytes`, { details: { status: 413 } });
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new Failure('invalid', 'the body is not UTF-8', { cause });
  }
}

function checkDepth(json: GoJson, depth: number): void {
  if (depth > deepest) throw new Failure('invalid', messages.invalidJson('exceeded max depth'));
  if (Array.isArray(json)) json.forEach((item: GoJson) => checkDepth(item, depth + 1));
  else if (isGoObject(json)) json.members.forEach(([, value]) => checkDepth(value, depth + 1));
}

/** The fields of a struct match in any case; the keys of a map (labels) are told apart by it. */
function refuseDoubles(schema: z.ZodType | undefined, json: GoJson): void {
  if (Array.isArray(json)) json.forEach((item: GoJson) => refuseDoubles(elementOf(schema), item));
  if (!isGoObject(json)) return;
  const isMap = definitionOf(schema)?.type === 'record';
  const seen = new Set<string>();
  for (const [name, value] of json.members) {
    const folded = isMap ? name : name.toLowerCase();
    if (seen.has(folded) || name === '__proto__')
      throw new Failure('invalid', messages.invalidJson(`${JSON.stringify(name)} is given twice or not allowed`));
    seen.add(folded);
    refuseDoubles(memberOf(schema, folded), value);
  }
}

interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
}

function definitionOf(schema: z.ZodType | undefined): Definition | undefined {
  const definition = schema?.def as Definition | undefined;
  return definition?.innerType ? definitionOf(definition.innerType) : definition;
}

function elementOf(schema: z.ZodType | undefined): z.ZodType | undefined {
  return definitionOf(schema)?.element;
}

function memberOf(schema: z.ZodType | undefined, folded: string): z.ZodType | undefined {
  const { shape = {}, valueType } = definitionOf(schema) ?? { type: 'unknown' };
  return valueType ?? Object.entries(shape).find(([name]) => name.toLowerCase() === folded)?.[1];
}
