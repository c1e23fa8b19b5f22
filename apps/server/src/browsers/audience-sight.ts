import { can, decide } from '@gantry/access';
import { Injectable } from '@nestjs/common';
import { Resources } from '../access/resources.ts';
import { FleetService } from '../fleet/fleet.service.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { PlainRow } from '../fleet/plain-row.ts';
import type { Audience } from './audience.ts';
import { Viewers } from './viewers.ts';

/** Where what an audience may see stands. */
@Injectable()
export class AudiencePlaces {
  constructor(
    readonly fleet: Fleet,
    readonly resources: Resources,
  ) {}
}

/** What an audience sees, decided once for each row: a container's labels never change, and where a host's do, the masks are forgotten. */
@Injectable()
export class AudienceSight {
  readonly fleet: FleetService;
  readonly viewers: Viewers;
  readonly #rows: Fleet;
  readonly #resources: Resources;

  constructor(fleet: FleetService, viewers: Viewers, places: AudiencePlaces) {
    this.fleet = fleet;
    this.viewers = viewers;
    this.#rows = places.fleet;
    this.#resources = places.resources;
  }

  /** Undefined for a row that the audience does not see. */
  maskOf({ rights, masks }: Audience, row: PlainRow): number | undefined {
    if (!masks.has(row.key)) masks.set(row.key, this.fleet.maskOf(rights, row));
    return masks.get(row.key);
  }

  /** Whether the audience sees the row of that key, or saw it a moment ago. */
  shows(audience: Audience, key: number): boolean {
    return this.#maskAt(audience, key) !== undefined;
  }

  mayHaveNumbersOf(audience: Audience, key: number): boolean {
    return can(this.#maskAt(audience, key) ?? 0, 'stats');
  }

  mayHaveNumbersOfHost({ rights }: Audience, hostId: string): boolean {
    return decide(rights, 'host:metrics', this.#resources.host(hostId));
  }

  /** What is said of a row that is no more is soon all said: that is not kept. */
  #maskAt(audience: Audience, key: number): number | undefined {
    const { masks, rights } = audience;
    if (masks.has(key)) return masks.get(key);
    const row = this.#rows.row(key);
    if (row) return this.maskOf(audience, row);
    const departed = this.#rows.departed.row(key);
    return departed && this.fleet.maskOf(rights, departed);
  }
}
