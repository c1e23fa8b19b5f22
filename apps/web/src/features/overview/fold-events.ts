import type { FleetEvent } from '@gantry/contract';
import { eventWords } from './event-words.ts';

export interface FoldedEvent {
  /** The newest of those that say the same of the same thing. */
  readonly event: FleetEvent;
  readonly words: NonNullable<ReturnType<typeof eventWords>>;
  readonly times: number;
}

/** Newest first, as given; what says the same again is counted, so that one container in a loop does not fill the list. */
export function foldEvents(events: readonly FleetEvent[]): FoldedEvent[] {
  const folded = new Map<string, FoldedEvent>();
  for (const event of events) {
    const words = eventWords(event);
    if (!words) continue;
    const key = [event.host, event.type, event.id, words.said].join('\n');
    const known = folded.get(key);
    folded.set(key, known ? { ...known, times: known.times + 1 } : { event, words, times: 1 });
  }
  return [...folded.values()];
}
