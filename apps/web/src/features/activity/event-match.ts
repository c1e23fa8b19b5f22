import type { FleetEvent } from '@gantry/contract';

/** What of the engines' events is wanted; an empty text does not matter. */
export interface EventFilter {
  readonly host: string | undefined;
  readonly type: string;
  /** The start of an action. */
  readonly action: string;
  /** The start of those that are left out. */
  readonly without: string;
  readonly text: string;
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** Whether the server would list this event, too: what it tells live must not stand beside what was asked for. */
export function matchesEvent(
  event: FleetEvent,
  { host, type, action, without, text, sinceMs = 0, untilMs = Infinity }: EventFilter,
): boolean {
  const words = [event.name ?? '', event.id, event.type, event.action].join(' ').toLowerCase();
  return (
    (host === undefined || event.host === host) &&
    (!type || event.type === type) &&
    event.action.startsWith(action) &&
    !(without && event.action.startsWith(without)) &&
    event.atMs >= sinceMs &&
    event.atMs < untilMs &&
    text
      .toLowerCase()
      .split(/\s+/)
      .every((word) => words.includes(word))
  );
}
