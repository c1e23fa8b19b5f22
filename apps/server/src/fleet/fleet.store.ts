import { Database } from '@gantry/db';
import type { ContainerReport } from '@gantry/engine-api';
import { type EventReport, ContainerRow } from '@gantry/link';
import { Injectable } from '@nestjs/common';

export interface StoredEvent {
  readonly hostId: string;
  readonly at: Date;
  readonly body: EventReport;
}

@Injectable()
export class FleetStore {
  constructor(private readonly database: Database) {}

  /** All containers as they were last reported; one that this version cannot read is left out until it is reported again. */
  async load(): Promise<{ hostId: string; report: ContainerReport }[]> {
    const rows = await this.database.prisma.knownContainer.findMany({ select: { hostId: true, report: true } });
    return rows.flatMap(({ hostId, report }) => {
      const parsed = ContainerRow.safeParse(report);
      return parsed.success ? [{ hostId, report: parsed.data }] : [];
    });
  }

  async events(limit: number): Promise<StoredEvent[]> {
    const rows = await this.database.prisma.hostEvent.findMany({ orderBy: { at: 'desc' }, take: limit });
    return rows.map(({ hostId, at, body }) => ({ hostId, at, body: body as unknown as EventReport }));
  }

  async removeEventsBefore(at: Date): Promise<void> {
    await this.database.prisma.hostEvent.deleteMany({ where: { at: { lt: at } } });
  }
}
