import { can, canMask, decide, type Rights } from '@gantry/access';
import type { FleetEvent, FleetSnapshot, Overview } from '@gantry/contract';
import type { FleetRow, FleetSample } from '@gantry/engine-api';
import { Injectable } from '@nestjs/common';
import { Resources } from '../access/resources.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import { Events, type PlacedEvent } from './events.ts';
import { FleetFeed } from './fleet-feed.ts';
import type { PlainRow } from './plain-row.ts';
import { overviewOf } from './overview.ts';

/** Where things are, for what is shown of them. */
@Injectable()
export class FleetPlaces {
  constructor(
    readonly directory: HostDirectory,
    readonly resources: Resources,
  ) {}
}

/** What each person sees of the fleet. What they may not see is in no row, no number and no count of an answer. */
@Injectable()
export class FleetService {
  constructor(
    private readonly feed: FleetFeed,
    private readonly places: FleetPlaces,
    private readonly events: Events,
  ) {}

  /** Hears when what a snapshot tells may be another: the feed tells that a host was removed a moment after it was. */
  onChange(hear: () => void): void {
    this.feed.changes.on('message', hear);
    this.places.directory.changes.on('removed', hear);
  }

  /** Everything that these rights may see, as of the last message of the feed. That the rows of a host which was just removed are gone is in the next. */
  snapshot(rights: Rights): FleetSnapshot {
    const { fleet, samples, sequence } = this.feed;
    const rows = [...this.feed.rows].flatMap((row): FleetRow[] => {
      if (!this.places.directory.find(row.host)) return [];
      const mask = this.maskOf(rights, row);
      return mask === undefined ? [] : [{ ...row, can: mask }];
    });
    const numbers = rows.flatMap((row): FleetSample[] => (can(row.can, 'stats') ? [samples.of(row.key) ?? []].flat() : []));
    return { epoch: fleet.epoch, sequence, rows, samples: numbers } as unknown as FleetSnapshot;
  }

  overview(rights: Rights): Overview {
    const { directory, resources } = this.places;
    const hosts = directory.all.filter(({ id }) => decide(rights, 'host:view', resources.host(id)));
    const rows = this.feed.fleet.rows().filter((row) => decide(rights, 'container:list', resources.row(row)));
    return overviewOf(hosts, rows, this.eventsFor(rights, this.events.recent));
  }

  /** What the rights allow on a row; undefined where they do not show it. */
  maskOf(rights: Rights, row: PlainRow): number | undefined {
    const resource = this.places.resources.row(row);
    return decide(rights, 'container:list', resource) ? canMask(rights, resource) : undefined;
  }

  eventsFor(rights: Rights, events: readonly PlacedEvent[]): FleetEvent[] {
    const { resources } = this.places;
    const isSeen = ({ event, about }: PlacedEvent): boolean =>
      decide(rights, 'event:view', about ? resources.object(event.host, about) : resources.host(event.host));
    return events.filter(isSeen).map(({ event }) => event);
  }
}
