import type { EventPage, FleetEvent } from '@gantry/contract';
import { type EventFilter, matchesEvent } from './event-match.ts';

/**
 * The newest page of events together with those that were told live (newest first) and that it lacks: the server may have answered before
 * it kept them. One older than the page stands on a later page.
 */
export function pageWithTold({ events, next }: EventPage, told: readonly FleetEvent[], filter: EventFilter): readonly FleetEvent[] {
  const since = next === undefined ? 0 : (events.at(-1)?.atMs ?? 0);
  const known = new Set(events.map(identity));
  const missing = told.filter((event) => event.atMs >= since && !known.has(identity(event)) && matchesEvent(event, filter));
  return missing.length ? [...missing, ...events].sort((a, b) => b.atMs - a.atMs) : events;
}

function identity({ host, type, id, action, atMs }: FleetEvent): string {
  return [host, type, id, action, atMs].join(' ');
}
