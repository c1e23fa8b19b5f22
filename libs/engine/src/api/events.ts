import { type Filters, type Handlers, jsonStream } from '@gantry/engine-api';
import type { EngineEvent } from '../events/engine-event.ts';
import type { EventLog } from '../events/event-log.ts';
import { parseLogTime } from '../logs/log-line.ts';

/** `GET /events`. */
export function eventHandlers(log: EventLog): Handlers {
  return {
    SystemEvents: (call) => {
      const filters = call.filters();
      const [sinceNano, untilNano] = [eventTime(call.query.since), eventTime(call.query.until)];
      const query = {
        matches: matcher(filters),
        ...(sinceNano !== undefined && { sinceNano }),
        ...(untilNano !== undefined && { untilNano }),
      };
      return Promise.resolve(jsonStream(views(log.follow(query, call.signal))));
    },
  };
}

/** Unlike with logs, 0 is the beginning of 1970. */
const eventTime = (text: string): bigint | undefined => (text === '0' ? 0n : parseLogTime(text));

async function* views(events: AsyncIterable<EngineEvent>): AsyncGenerator<object> {
  for await (const event of events) yield eventView(event);
}

/** An event in Docker's form; the first three fields are what clients before 1.22 read. */
export function eventView({ type, action, actorId, attributes, timeNano }: EngineEvent): object {
  const isContainer = type === 'container';
  return {
    ...((isContainer || type === 'image') && { status: action, id: actorId, ...(isContainer && { from: attributes['image'] ?? '' }) }),
    Type: type,
    Action: action,
    Actor: { ID: actorId, Attributes: attributes },
    scope: 'local',
    time: Number(timeNano / 1_000_000_000n),
    timeNano,
  };
}

function matcher(filters: Filters): (event: EngineEvent) => boolean {
  const any = (key: string, test: (value: string) => boolean): boolean => filters.get(key)?.some(test) ?? true;
  const isActor = (event: EngineEvent, type: string) => (value: string) =>
    event.type === type && (event.actorId === value || event.actorId.startsWith(value) || event.attributes['name'] === value);
  return (event) =>
    any('type', (type) => type === event.type) &&
    any('event', (action) => action === event.action || event.action.startsWith(`${action}:`)) &&
    any('container', (value) => isActor(event, 'container')(value) || event.attributes['container'] === value) &&
    any('image', (value) => isActor(event, 'image')(value) || event.attributes['image'] === value) &&
    any('network', isActor(event, 'network')) &&
    any('volume', isActor(event, 'volume')) &&
    any('daemon', isActor(event, 'daemon')) &&
    any('scope', (scope) => scope === 'local') &&
    (filters.get('label') ?? []).every((label) => hasAttribute(event.attributes, label));
}

function hasAttribute(attributes: EngineEvent['attributes'], wanted: string): boolean {
  const at = wanted.indexOf('=');
  return at < 0 ? wanted in attributes : attributes[wanted.slice(0, at)] === wanted.slice(at + 1);
}
