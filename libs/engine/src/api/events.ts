import { Failure } from '@gantry/base';
import { type Handlers, jsonStream, parseFilters } from '@gantry/engine-api';
import type { EngineEvent } from '../events/engine-event.ts';
import { eventFilter } from '../events/event-filter.ts';
import type { EventLog } from '../events/event-log.ts';
import { parseLogTime } from '../logs/log-line.ts';

/** `GET /events`. */
export function eventHandlers(log: EventLog): Handlers {
  return {
    SystemEvents: (call) => {
      const [sinceNano, untilNano] = [eventTime(call.query.since), eventTime(call.query.until)];
      if (sinceNano !== undefined && untilNano !== undefined && untilNano < sinceNano) {
        throw new Failure('invalid', `\`since\` time (${call.query.since}) cannot be after \`until\` time (${call.query.until})`);
      }
      const query = {
        // As with dockerd, a filter that means nothing for events changes nothing, where the lists refuse it.
        matches: eventFilter(parseFilters(call.query.filters, 'any')),
        ...(sinceNano !== undefined && { sinceNano }),
        ...(untilNano !== undefined && { untilNano }),
      };
      return Promise.resolve(jsonStream(views(log.follow(query, call.signal))));
    },
  };
}

/** Unlike with logs, 0 is the beginning of 1970. */
function eventTime(text: string): bigint | undefined {
  return text === '0' ? 0n : parseLogTime(text);
}

async function* views(events: AsyncIterable<EngineEvent>): AsyncGenerator<object> {
  for await (const event of events) yield eventView(event);
}

/** An event in Docker's form; the first three fields are what clients before 1.22 read. */
export function eventView({ type, action, actorId, attributes, timeNano }: EngineEvent): object {
  const from = type === 'container' ? attributes['image'] : undefined;
  return {
    ...((type === 'container' || type === 'image') && { status: action, ...(actorId !== '' && { id: actorId }), ...(from && { from }) }),
    Type: type,
    Action: action,
    Actor: { ID: actorId, Attributes: attributes },
    scope: 'local',
    time: Number(timeNano / 1_000_000_000n),
    timeNano,
  };
}
