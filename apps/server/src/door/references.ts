import { isPermission } from '@gantry/access';
import { Failure } from '@gantry/base';
import { type Reference, type Route, stringify } from '@gantry/engine-api';
import type { ExecOwners } from './exec-owners.ts';
import type { GuardedCall } from './guarded-call.ts';
import type { HostThings } from './host-things.ts';
import type { StrictQuery } from './strict-query.ts';
import { predefinedNetworks, type Thing } from './thing.ts';
import { replaceAt, replaceIn } from './walk-references.ts';

/** One object that a request names, and the reference that names it. */
export interface Named {
  readonly reference: Reference;
  readonly thing: Thing;
}

/** A request whose references are ids, and all objects that it names, to be decided one by one. */
export interface Resolved {
  readonly call: GuardedCall;
  readonly named: readonly Named[];
}

/**
 * Replaces every name by the id of what it names, wherever the row says that one stands, so that what is decided and what the engine acts on is
 * one object. What the caller does not see is `not-found`, as what is not there.
 */
export async function resolveReferences(call: GuardedCall, things: HostThings, execs: ExecOwners): Promise<Resolved> {
  const resolver = new Resolver(things, execs);
  const path: Record<string, string> = { ...call.path };
  let { query } = call;
  const body = call.body === undefined ? undefined : structuredClone(call.body.value);
  for (const reference of call.route.refs) {
    const replace = resolver.replacing(reference, call.route);
    const { in: place, at } = reference;
    if (place === 'path') path[at] = await replaceIn(path[at] ?? '', reference, replace);
    if (place === 'body') await replaceAt(body, reference, replace);
    if (place === 'query') query = await withTexts(query, at, (text) => replaceIn(text, reference, replace));
    if (place === 'filter') query = await withFilter(query, at, (text) => replaceIn(text, reference, replace));
  }
  const replaced = call.body && { ...call.body, value: body, bytes: call.body.bytes.length === 0 ? call.body.bytes : bytesOf(body) };
  return { call: { ...call, path, query, body: replaced }, named: resolver.named };
}

export function bytesOf(body: unknown): Uint8Array {
  return new TextEncoder().encode(stringify(body));
}

/** These fail where what they name is missing; the other filters then fit nothing. */
const strictFilters = ['before', 'since'];

class Resolver {
  readonly named: Named[] = [];
  readonly #things: HostThings;
  readonly #execs: ExecOwners;

  constructor(things: HostThings, execs: ExecOwners) {
    this.#things = things;
    this.#execs = execs;
  }

  replacing(reference: Reference, route: Route): (name: string) => Promise<string | undefined> {
    const isLoose = reference.in === 'filter' && !strictFilters.includes(reference.at);
    // A volume that is mounted and not there is made on the way, as dockerd does: without labels, so only for who may make it anywhere.
    const mayBeMade = reference.object === 'volume' && reference.in === 'body' && this.#things.sight.mayEverywhere('volume:create');
    return async (name) => {
      try {
        const thing = await this.#find(reference, name, route);
        if (!thing) return undefined;
        // The objects of a filter are seen or not; nothing is done with them.
        if (reference.in !== 'filter') this.named.push({ reference, thing });
        return this.#forwarded(reference, { name, thing, route: route.name });
      } catch (thrown) {
        const { code } = Failure.from(thrown);
        if ((code === 'not-found' && mayBeMade) || (isLoose && (code === 'not-found' || code === 'invalid'))) return undefined;
        throw thrown;
      }
    };
  }

  #find({ object, needs, in: place }: Reference, name: string, { permission }: Route): Promise<Thing> | undefined {
    const asked = needs ?? permission;
    const wanted = place !== 'filter' && isPermission(asked) ? asked : undefined;
    switch (object) {
      case 'container':
        return this.#things.container(name, wanted);
      case 'network':
        return this.#things.network(name, wanted);
      case 'volume':
        return this.#things.volume(name, wanted);
      case 'image':
        return this.#things.image(name);
      case 'exec':
        return this.#things.ofExec(name, { owner: this.#execs.find(this.#things.sight.host.id, name)?.container, needs: wanted });
      case 'plugin':
      case 'swarm-object':
        return undefined;
    }
  }

  /**
   * Containers and networks by id, volumes by their exact name. An image by its digest where somebody reads it or makes a container of it who
   * does not see all images; for whoever does, the reference says more (the container keeps the name of its image), and what is pushed, tagged,
   * saved or deleted is the reference.
   */
  #forwarded(reference: Reference, { name, thing, route }: { name: string; thing: Thing; route: string }): string | undefined {
    if (thing.kind === 'network' && predefinedNetworks.includes(thing.name) && reference.form === 'network-mode') return undefined;
    if (reference.object === 'exec') return undefined;
    if (thing.kind !== 'image') return thing.id;
    const isPinned =
      ['ImageInspect', 'ImageHistory', 'ContainerCreate', 'ContainerRecreate'].includes(route) && !this.#things.sight.seesImages;
    return isPinned || reference.in === 'filter' ? thing.id : name;
  }
}

type Change = (text: string) => Promise<string>;

async function withTexts({ values, text }: StrictQuery, at: string, change: Change): Promise<StrictQuery> {
  const value = values[at];
  if (value === undefined || value === '') return { values, text };
  if (typeof value === 'string') return withValue({ values, text }, at, await change(value));
  const changed: string[] = [];
  for (const one of value) changed.push(await change(one));
  return withValue({ values, text }, at, changed);
}

async function withFilter({ values, text }: StrictQuery, at: string, change: Change): Promise<StrictQuery> {
  const { filters = '' } = values;
  if (typeof filters !== 'string' || filters === '') return { values, text };
  const parsed = JSON.parse(filters) as Record<string, string[]>;
  if (!Object.hasOwn(parsed, at)) return { values, text };
  const changed: string[] = [];
  for (const one of parsed[at] ?? []) changed.push(await change(one));
  return withValue({ values, text }, 'filters', JSON.stringify({ ...parsed, [at]: changed }));
}

/** The query with another value of one parameter; undefined takes it away. */
export function withValue({ values, text }: StrictQuery, at: string, value: string | readonly string[] | undefined): StrictQuery {
  const parameters = new URLSearchParams(text);
  parameters.delete(at);
  const others = Object.fromEntries(Object.entries(values).filter(([name]) => name !== at));
  if (value === undefined) return { values: others, text: parameters.toString() };
  for (const one of typeof value === 'string' ? [value] : value) parameters.append(at, one);
  return { values: { ...others, [at]: value }, text: parameters.toString() };
}
