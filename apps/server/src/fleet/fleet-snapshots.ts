import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Rights } from '@gantry/access';
import { Injectable } from '@nestjs/common';
import { RightsService } from '../access/rights.service.ts';
import { audienceOf } from '../browsers/audience.ts';
import { FleetService } from './fleet.service.ts';

const compress = promisify(gzip);
/** Numbers move without a message of the feed. */
const keptMs = 10_000;

interface Made {
  readonly bytes: Promise<Buffer>;
  readonly atMs: number;
}

/**
 * Everything that somebody sees of the fleet, compressed: made once for all whose rights come to the same, and again when a row, rights or a host's
 * groups or labels change, a host is removed, or after ten seconds.
 */
@Injectable()
export class FleetSnapshots {
  readonly #made = new Map<string, Made>();

  constructor(
    private readonly fleet: FleetService,
    rights: RightsService,
  ) {
    fleet.onChange(() => this.#made.clear());
    rights.changes.on('changed', () => this.#made.clear());
  }

  /** The JSON of a FleetSnapshot as gzip. */
  gzipped(rights: Rights): Promise<Buffer> {
    const { room } = audienceOf(rights);
    const now = performance.now();
    const known = this.#made.get(room);
    if (known && now - known.atMs < keptMs) return known.bytes;
    for (const [other, { atMs }] of this.#made) if (now - atMs >= keptMs) this.#made.delete(other);
    const bytes = compress(JSON.stringify(this.fleet.snapshot(rights)), { level: 3 });
    this.#made.set(room, { bytes, atMs: now });
    return bytes;
  }
}
