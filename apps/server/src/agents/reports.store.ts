import { Database } from '@gantry/db';
import type { ContainerReport } from '@gantry/engine-api';
import type { EventReport, HostFacts } from '@gantry/link';
import { Injectable } from '@nestjs/common';
import { type HistoryPoint, HistoryStore } from '../fleet/history.store.ts';

/** What a batch of reports comes to: the last of each thing wins, events and history add up. */
export interface Batch {
  readonly lastSequence: number;
  readonly facts: HostFacts | undefined;
  readonly upserts: readonly ContainerReport[];
  readonly gone: readonly string[];
  readonly events: readonly { readonly sequence: number; readonly body: EventReport }[];
  readonly points: readonly HistoryPoint[];
}

@Injectable()
export class ReportsStore {
  constructor(
    private readonly database: Database,
    private readonly history: HistoryStore,
  ) {}

  async lastSequence(hostId: string): Promise<number> {
    return Number(
      (await this.database.prisma.host.findUnique({ where: { id: hostId }, select: { lastSequence: true } }))?.lastSequence ?? 0,
    );
  }

  /** All of it in one transaction; false where the host was removed meanwhile. */
  async commit(hostId: string, { lastSequence, facts, upserts, gone, events, points }: Batch): Promise<boolean> {
    await this.history.prepare(points);
    return this.database.prisma.$transaction(async (transaction) => {
      const data = { lastSequence, lastSeenAt: new Date(), ...(facts ? { facts } : {}) };
      if ((await transaction.host.updateMany({ where: { id: hostId }, data })).count === 0) return false;
      if (gone.length > 0) await transaction.knownContainer.deleteMany({ where: { hostId, containerId: { in: [...gone] } } });
      if (upserts.length > 0) {
        await transaction.$executeRaw`
          insert into "KnownContainer" ("hostId", "containerId", report)
          select ${hostId}::uuid, value ->> 'id', value from jsonb_array_elements(${JSON.stringify(upserts)}::jsonb)
          on conflict ("hostId", "containerId") do update set report = excluded.report`;
      }
      if (events.length > 0) {
        const rows = events.map(({ sequence, body }) => ({ hostId, sequence, at: new Date(body.atMs), body }));
        await transaction.hostEvent.createMany({ data: rows, skipDuplicates: true });
      }
      if (points.length > 0) {
        const { sql, values } = HistoryStore.appending(hostId, points);
        await transaction.$executeRawUnsafe(sql, ...values);
      }
      return true;
    });
  }
}
