import { EventEmitter } from 'node:events';
import { Failure } from '@gantry/base';
import { hashInventory, type Report, type ReportStore } from '@gantry/link';
import { Injectable } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import { LiveFleet } from './live-fleet.ts';
import { gather, type Parts } from './report-batch.ts';
import { ReportsStore } from './reports.store.ts';

interface Changes {
  /** The server's picture of a host is not the agent's: ask for all of it. */
  differs: [hostId: string];
}

/** Takes what agents report: first to the database, then into memory, so that what a browser saw is never forgotten by a restart. */
@Injectable()
export class Reports implements ReportStore {
  readonly changes = new EventEmitter<Changes>();
  readonly #parts = new Map<string, Parts>();

  constructor(
    private readonly store: ReportsStore,
    private readonly hosts: HostDirectory,
    private readonly live: LiveFleet,
  ) {}

  lastSequence(hostId: string): Promise<number> {
    this.#parts.delete(hostId); // a new link: an inventory that was cut off begins anew
    return this.store.lastSequence(hostId);
  }

  async commit(hostId: string, reports: readonly Report[]): Promise<void> {
    const { fleet, events } = this.live;
    const gathered = gather(reports, { parts: this.#parts.get(hostId), known: fleet.idsOf(hostId) });
    const { batch, parts, hash, isTorn } = gathered;
    if (!(await this.store.commit(hostId, batch))) throw new Failure('forbidden', `host ${hostId} was removed`);
    this.#parts.set(hostId, parts);
    fleet.apply(hostId, batch);
    events.apply(
      hostId,
      batch.events.map(({ body }) => body),
    );
    if (batch.facts) this.hosts.noteFacts(hostId, batch.facts);
    if (isTorn || (hash !== undefined && hash !== hashInventory(fleet.reportsOf(hostId)))) this.changes.emit('differs', hostId);
  }
}
