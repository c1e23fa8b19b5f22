import type { Rights } from '@gantry/access';
import type { EventPage, FleetEvent } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { Events } from './events.ts';
import { FleetService } from './fleet.service.ts';
import { type EventFilter, type EventPlace, FleetStore } from './fleet.store.ts';

const pageRows = 500;
/** Somebody who sees little of much is answered with what was found by then, and goes on from there. */
const mostRead = 10_000;

/** What was stored of what engines told, for whoever may see it. */
@Injectable()
export class EventLogService {
  constructor(
    private readonly store: FleetStore,
    private readonly events: Events,
    private readonly fleet: FleetService,
  ) {}

  async list(rights: Rights, filter: EventFilter, { before, limit }: { before?: string | undefined; limit: number }): Promise<EventPage> {
    const found: FleetEvent[] = [];
    let place = before === undefined ? undefined : placeOf(before);
    for (let read = 0; read < mostRead; read += pageRows) {
      const rows = await this.store.eventsBefore(filter, { before: place, limit: pageRows });
      for (const row of rows) {
        found.push(...this.fleet.eventsFor(rights, [this.events.place(row.hostId, row.body)]));
        place = { atMs: row.at.getTime(), hostId: row.hostId, sequence: row.sequence };
        if (found.length === limit) return { events: found, next: written(place) };
      }
      if (rows.length < pageRows) return { events: found };
    }
    return { events: found, ...(place ? { next: written(place) } : {}) };
  }
}

function placeOf(text: string): EventPlace {
  const [atMs = '0', hostId = '', sequence = '0'] = text.split('_');
  return { atMs: Number(atMs), hostId, sequence: BigInt(sequence) };
}

function written({ atMs, hostId, sequence }: EventPlace): string {
  return `${atMs}_${hostId}_${sequence}`;
}
