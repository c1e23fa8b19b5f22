import { Failure } from '@gantry/base';
import { type Engine, engineClient, messages, type Reference, stringify } from '@gantry/engine-api';
import type { GuardedCall } from './guarded-call.ts';
import type { StrictQuery } from './strict-query.ts';

/** Finds the full id of a container; `not-found` in dockerd's words, `invalid` where a prefix fits several. */
export type FindContainer = (name: string) => Promise<string>;

/** A request whose references to containers are full ids, and all objects that it names, to be decided one by one. */
export interface Resolved {
  readonly call: GuardedCall;
  readonly objects: readonly { readonly object: Reference['object']; readonly id: string }[];
}

const fullId = /^[0-9a-f]{64}$/;
const containerName = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/**
 * Replaces every name of a container by the full id, wherever the row says that one stands, so that what is decided and what the engine acts on
 * is one object even where another container is named like its short id. Other objects are named as they are.
 */
export async function resolveReferences(call: GuardedCall, find: FindContainer): Promise<Resolved> {
  const objects: { object: Reference['object']; id: string }[] = [];
  const path: Record<string, string> = { ...call.path };
  let { query } = call;
  const body = call.body === undefined ? undefined : structuredClone(call.body.value);
  for (const { object, in: place, at, form } of call.route.refs) {
    const replace = async (text: string): Promise<string> => {
      const parts = split(text, object, form);
      if (!parts) return text;
      const id = object === 'container' ? await find(parts.name) : parts.name;
      objects.push({ object, id });
      return object === 'container' ? `${parts.before}${id}${parts.after}` : text;
    };
    if (place === 'path') path[at] = await replace(path[at] ?? '');
    if (place === 'query')
      for (const text of textsOf(query.values[at])) query = withValue(query, { at, from: text, to: await replace(text) });
    if (place === 'body') await replaceAt(body, at, replace);
  }
  const replaced = call.body && {
    ...call.body,
    value: body,
    bytes: call.body.bytes.length === 0 ? call.body.bytes : new TextEncoder().encode(stringify(body)),
  };
  return { call: { ...call, path, query, body: replaced }, objects };
}

/** Asks the engine itself: it knows what happened a moment ago, and its answer is the object that it would act on. */
export function containersOf(engine: Engine, isKnown: (id: string) => boolean, signal: AbortSignal): FindContainer {
  const client = engineClient(engine, { caller: { kind: 'gantry', part: 'guard' } });
  return async (name) => {
    if (fullId.test(name) && isKnown(name)) return name;
    if (!containerName.test(name)) throw new Failure('not-found', messages.noSuchContainer(name));
    const answer = await client.call('ContainerInspect', { path: { id: name } }, signal);
    const { Id } = await answer.json<{ Id: string }>();
    if (!fullId.test(Id)) throw new Failure('internal', `the engine told no full id for ${name}`);
    return Id;
  };
}

interface Parts {
  readonly before: string;
  readonly name: string;
  readonly after: string;
}

/** The name inside a text; undefined where the text names no object of that kind. */
function split(text: string, object: Reference['object'], form: Reference['form']): Parts | undefined {
  switch (form) {
    case 'whole':
      return text === '' ? undefined : { before: '', name: text, after: '' };
    case 'container-mode':
      return text.startsWith('container:') ? { before: 'container:', name: text.slice('container:'.length), after: '' } : undefined;
    case 'name-and-mode':
    case 'name-and-alias': {
      const cut = text.indexOf(':');
      const [name, after] = cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut)];
      return name === '' ? undefined : { before: '', name, after };
    }
    case 'bind':
    case 'mount': {
      const [name = ''] = text.split(':', 1);
      return object === 'volume' && name !== '' && !name.startsWith('/') ? { before: '', name, after: '' } : undefined;
    }
  }
}

/** Walks the dotted way of a reference: `A.B` a field, `A[]` each element, `A{}` each key, `A{}.B` a field of each value. */
async function replaceAt(value: unknown, at: string, replace: (text: string) => Promise<string>): Promise<void> {
  const [, name = '', kind = '', rest] = /^(\w+)(\[\]|\{\})?(?:\.(.+))?$/.exec(at) ?? [];
  if (typeof value !== 'object' || value === null) return;
  const holder = value as Record<string, unknown>;
  const inner = holder[name];
  if (kind === '' && rest !== undefined) return replaceAt(inner, rest, replace);
  if (kind === '' && typeof inner === 'string') holder[name] = await replace(inner);
  if (kind === '[]' && Array.isArray(inner)) holder[name] = await replaceAll(inner, rest, replace);
  if (kind !== '{}' || typeof inner !== 'object' || inner === null) return;
  for (const [key, item] of Object.entries(inner)) await (rest === undefined ? replace(key) : replaceAt(item, rest, replace));
}

async function replaceAll(
  items: readonly unknown[],
  rest: string | undefined,
  replace: (text: string) => Promise<string>,
): Promise<unknown[]> {
  const replaced: unknown[] = [];
  for (const item of items) {
    if (rest !== undefined) await replaceAt(item, rest, replace);
    const source = typeof item === 'object' && item !== null ? (item as { Source?: string; Type?: string }) : undefined;
    if (source?.Type === 'volume' && source.Source !== undefined) await replace(source.Source);
    replaced.push(typeof item === 'string' && rest === undefined ? await replace(item) : item);
  }
  return replaced;
}

function withValue({ values, text }: StrictQuery, { at, from, to }: { at: string; from: string; to: string }): StrictQuery {
  if (from === to) return { values, text };
  const parameters = [...new URLSearchParams(text)].map(([name, value]): [string, string] => [
    name,
    name === at && value === from ? to : value,
  ]);
  const value = values[at];
  const changed = typeof value === 'string' ? to : (value ?? []).map((one) => (one === from ? to : one));
  return { values: { ...values, [at]: changed }, text: new URLSearchParams(parameters).toString() };
}

function textsOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined || value === '') return [];
  return typeof value === 'string' ? [value] : value;
}
