import { Failure } from '@gantry/base';
import { type Bytes, stringify } from '@gantry/engine-api';
import type { HostThings } from './host-things.ts';
import type { KnownThings } from './known-things.ts';
import { maskRecord, maskText } from './masks.ts';
import type { Thing } from './thing.ts';

interface EngineEvent {
  readonly Type?: string;
  readonly Action?: string;
  readonly status?: string;
  readonly id?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}

const largestEventBytes = 1_048_576;
const kinds: readonly string[] = ['container', 'network', 'volume'] satisfies readonly Thing['kind'][];

/**
 * The events that the caller may see, decided one by one by the full id of what each is about, as it was made. What is gone stays known for a
 * while; what nobody knows, and what is about the host, its images or its daemon, is for who may see the host's.
 */
export async function* seenEvents(bytes: Bytes, things: HostThings, known: KnownThings): AsyncGenerator<Uint8Array> {
  const eyes = new EventEyes(things, known);
  for await (const line of linesOf(bytes)) {
    const event = await eyes.look(JSON.parse(line) as EngineEvent);
    if (event) yield new TextEncoder().encode(`${stringify(event)}\n`);
  }
}

class EventEyes {
  readonly #things: HostThings;
  readonly #known: KnownThings;

  constructor(things: HostThings, known: KnownThings) {
    this.#things = things;
    this.#known = known;
  }

  /** The event as the caller may see it; undefined: not at all. */
  async look(event: EngineEvent): Promise<EngineEvent | undefined> {
    const { sight } = this.#things;
    const { Type: kind = '', Action: action = '', Actor: { ID: id = '', Attributes: attributes = {} } = {} } = event;
    if (!kinds.includes(kind) || id === '') return sight.mayEverywhere('event:view') ? event : undefined;
    const thing = await this.#find(kind as Thing['kind'], id, action === 'create');
    if (action === 'destroy') this.#known.gone(sight.host.id, { kind: kind as Thing['kind'], id });
    if (!thing) return sight.mayEverywhere('event:view') ? masked(event, attributes) : undefined;
    if (!sight.may('event:view', thing)) return undefined;
    // A network or volume is used by somebody: the user must be seen as well.
    const user = kind === 'container' ? undefined : attributes['container'];
    const isUserSeen = user === undefined || (await this.#isSeen(user));
    if (!isUserSeen) return undefined;
    return kind !== 'container' || sight.may('env:reveal', thing) ? event : masked(event, attributes);
  }

  async #isSeen(container: string): Promise<boolean> {
    const thing = await this.#find('container', container, false);
    return thing !== undefined && this.#things.sight.may('event:view', thing);
  }

  /** A name of a volume may be given again: what is made anew is asked about anew. */
  async #find(kind: Thing['kind'], id: string, isNew: boolean): Promise<Thing | undefined> {
    const known = isNew ? undefined : this.#known.find(this.#things.sight.host.id, { kind, id });
    return known ?? (await this.#things.ofEvent(kind, id));
  }
}

/** The command of an exec and the labels of a container stand in its events. */
function masked(event: EngineEvent, attributes: Readonly<Record<string, string>>): EngineEvent {
  const { Action, status } = event;
  return {
    ...event,
    ...(Action === undefined ? {} : { Action: maskText(Action) }),
    ...(status === undefined ? {} : { status: maskText(status) }),
    Actor: { ...event.Actor, Attributes: maskRecord(attributes) },
  };
}

async function* linesOf(bytes: Bytes): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > largestEventBytes) throw new Failure('exhausted', 'an event of the engine is too large');
    yield* lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}
