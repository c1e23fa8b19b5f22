import { canMask, type Rights } from '@gantry/access';
import type { FleetSnapshot, Overview } from '@gantry/contract';
import type { FleetRow } from '@gantry/engine-api';
import { Injectable } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import { Events } from './events.ts';
import { FleetFeed } from './fleet-feed.ts';
import { overviewOf } from './overview.ts';

@Injectable()
export class FleetService {
  constructor(
    private readonly feed: FleetFeed,
    private readonly directory: HostDirectory,
    private readonly events: Events,
  ) {}

  /** Everything that these rights may see, as of the last message of the feed. */
  snapshot(rights: Rights): FleetSnapshot {
    const { fleet, samples, sequence } = this.feed;
    const rows = fleet.rows().map((row): FleetRow => ({ ...row, can: maskOf(rights, row) }));
    return { epoch: fleet.epoch, sequence, rows, samples: samples.all } as unknown as FleetSnapshot;
  }

  overview(): Overview {
    return overviewOf(this.directory.all, this.feed.fleet.rows(), this.events.recent);
  }
}

/** What the rights allow on a row. */
export function maskOf(rights: Rights, { host, id, labels }: Pick<FleetRow, 'host' | 'id' | 'labels'>): number {
  return canMask(rights, { kind: 'container', host, id, groups: [], labels });
}
