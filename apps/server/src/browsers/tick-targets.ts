import { Injectable } from '@nestjs/common';
import { AudienceSight } from './audience-sight.ts';
import { Viewers } from './viewers.ts';
import { WatchRelay } from './watch-relay.ts';

/** Who hears of each tick: pages, and the agents whose containers they show. */
@Injectable()
export class TickTargets {
  constructor(
    readonly viewers: Viewers,
    readonly relay: WatchRelay,
    readonly sight: AudienceSight,
  ) {}
}
