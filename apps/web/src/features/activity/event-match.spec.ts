import type { FleetEvent } from '@gantry/contract';
import { type EventFilter, matchesEvent } from './event-match.ts';

const event: FleetEvent = { host: 'h1', type: 'container', action: 'health_status: unhealthy', id: 'abc', name: 'shop-web', atMs: 100 };
const all: EventFilter = { host: undefined, type: '', action: '', without: '', text: '', sinceMs: undefined, untilMs: undefined };

test.each<[Partial<EventFilter>, boolean]>([
  [{}, true],
  [{ host: 'h2' }, false],
  [{ type: 'image' }, false],
  [{ action: 'health_status' }, true],
  [{ action: 'die' }, false],
  [{ without: 'health_' }, false],
  [{ without: 'exec_' }, true],
  [{ text: 'SHOP  abc' }, true],
  [{ text: 'shop api' }, false],
  [{ sinceMs: 100, untilMs: 101 }, true],
  [{ untilMs: 100 }, false],
])('an event that comes live is shown where the server would list it: %j', (change, isWanted) => {
  expect(matchesEvent(event, { ...all, ...change })).toBe(isWanted);
});
