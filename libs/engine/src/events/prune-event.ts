import type { EngineEvent, EventSink } from './engine-event.ts';

/** Tells that what nobody used was removed, and how many bytes that gave back. */
export function publishPrune(events: EventSink, type: EngineEvent['type'], reclaimedBytes: number): void {
  events.publish({ type, action: 'prune', actorId: '', attributes: { reclaimed: String(reclaimedBytes) } });
}
