import type { EventReport } from '@gantry/link';
import * as z from 'zod/mini';

const EngineEvent = z.object({
  Type: z.optional(z.string()),
  Action: z.optional(z.string()),
  Actor: z.optional(z.object({ ID: z.optional(z.string()), Attributes: z.nullish(z.record(z.string(), z.string())) })),
  timeNano: z.optional(z.number()),
});

/** Attributes that tell what happened; labels, which share their space, may hold anything. */
const told = ['name', 'oldName', 'image', 'exitCode', 'signal', 'container', 'type', 'driver', 'scope', 'execDuration'] as const;
const window = { ms: 10_000, events: 30 } as const;

/** What an event of the engine is to a report; undefined for what is none. An exec's action also tells its command: that stays here. */
export function eventOf(value: unknown): EventReport | undefined {
  const parsed = z.safeParse(EngineEvent, value);
  if (!parsed.success || !parsed.data.Type || !parsed.data.Action) return undefined;
  const { Type: type, Action, Actor, timeNano } = parsed.data;
  const attributes = Object.entries(Actor?.Attributes ?? {}).filter(([key]) => told.some((name) => name === key));
  const [action = ''] = Action.split(':', 1);
  const isHealth = Action.startsWith('health_status:');
  return {
    type,
    action: isHealth ? Action : action,
    actorId: Actor?.ID ?? '',
    attributes: Object.fromEntries(attributes.map(([key, text]) => [key, text.slice(0, 1024)])),
    atMs: timeNano === undefined ? Date.now() : Math.floor(timeNano / 1e6),
  };
}

/** The containers that an event may have changed. */
export function containersOf({ type, action, actorId, attributes }: EventReport): string[] {
  if (type === 'network' && attributes.container) return [attributes.container];
  const isChange = !/^(exec_|top$|attach$|detach$|resize$|export$|archive-path$|extract-to-dir$|copy$)/.test(action);
  return type === 'container' && isChange ? [actorId] : [];
}

/** Thins out what one object says again and again (a restart loop): so many events in ten seconds, then the number of those left out. */
export class EventFlood {
  readonly #counts = new Map<string, { sinceMs: number; events: number }>();

  /** The event as it is to be told, or undefined where it is one too many. */
  pass(event: EventReport): EventReport | undefined {
    const now = event.atMs;
    const count = this.#counts.get(event.actorId);
    if (!count || now - count.sinceMs >= window.ms) {
      const left = count ? count.events - window.events : 0;
      if (this.#counts.size > 10_000) this.#counts.clear();
      this.#counts.set(event.actorId, { sinceMs: now, events: 1 });
      return left > 0 ? { ...event, attributes: { ...event.attributes, leftOut: String(left) } } : event;
    }
    count.events += 1;
    return count.events > window.events ? undefined : event;
  }
}
