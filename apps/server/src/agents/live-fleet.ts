import { Injectable } from '@nestjs/common';
import { Events } from '../fleet/events.ts';
import { Fleet } from '../fleet/fleet.ts';

/** What pages see of the reports. */
@Injectable()
export class LiveFleet {
  constructor(
    readonly fleet: Fleet,
    readonly events: Events,
  ) {}
}
