import { Database } from '@gantry/db';
import type { ContainerReport } from '@gantry/engine-api';
import { type EventReport, ContainerRow } from '@gantry/link';
import { Injectable } from '@nestjs/common';

export interface StoredEvent {
  readonly hostId: string;
  readonly at: Date;
  readonly body: EventReport;
}

/** The place of an event among all: newest first, then by host, then as its host told them. */
export interface EventPlace {
  readonly atMs: number;
  readonly hostId: string;
  readonly sequence: bigint;
}

/** What events are wanted; undefined does not matter. */
export interface EventFilter {
  readonly host?: string | undefined;
  readonly type?: string | undefined;
  /** The start of an action. */
  readonly action?: string | undefined;
  /** The start of actions that are left out. */
  readonly without?: string | undefined;
  /** All of them are in name, id, kind or action. */
  readonly text?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
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

  /** The newest events that a filter takes, older than a place. */
  async eventsBefore(
    filter: EventFilter,
    { before, limit }: { before?: EventPlace | undefined; limit: number },
  ): Promise<(StoredEvent & { sequence: bigint })[]> {
    const { host = null, type = null, action = null, without = null, sinceMs, untilMs } = filter;
    const since = sinceMs === undefined ? null : new Date(sinceMs);
    const until = untilMs === undefined ? null : new Date(untilMs);
    const words = (filter.text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const [at, beforeHost, sequence] = before ? [new Date(before.atMs), before.hostId, before.sequence] : [null, null, null];
    return this.database.prisma.$queryRaw<(StoredEvent & { sequence: bigint })[]>`
      select "hostId", sequence, at, body from "HostEvent"
      where (${at}::timestamptz is null or (at, "hostId", sequence) < (${at}::timestamptz, ${beforeHost}::uuid, ${sequence}::bigint))
        and (${host}::uuid is null or "hostId" = ${host}::uuid)
        and (${type}::text is null or body ->> 'type' = ${type}::text)
        and (${action}::text is null or starts_with(body ->> 'action', ${action}::text))
        and (${without}::text is null or not starts_with(body ->> 'action', ${without}::text))
        and (${since}::timestamptz is null or at >= ${since}::timestamptz)
        and (${until}::timestamptz is null or at < ${until}::timestamptz)
        and not exists (select 1 from unnest(${words}::text[]) word where position(word in lower(
          concat_ws(' ', body #>> '{attributes,name}', body ->> 'actorId', body ->> 'type', body ->> 'action'))) = 0)
      order by at desc, "hostId" desc, sequence desc limit ${limit}`;
  }

  async removeEventsBefore(at: Date): Promise<void> {
    await this.database.prisma.hostEvent.deleteMany({ where: { at: { lt: at } } });
  }
}
