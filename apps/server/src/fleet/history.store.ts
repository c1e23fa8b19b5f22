import { Database } from '@gantry/db';
import type { ContainerSample, HostSample, Samples } from '@gantry/link';
import { Injectable } from '@nestjs/common';

/** The series of a row, each an array as long as `offsetsMs`. */
export const seriesNames = [
  'cpuPermille',
  'memoryBytes',
  'receiveBps',
  'sendBps',
  'readBps',
  'writeBps',
  'throttledPermille',
  'pids',
] as const;
export type SeriesName = (typeof seriesNames)[number];

export interface HistoryRow extends Readonly<Record<SeriesName, readonly number[]>> {
  readonly startAt: Date;
  readonly offsetsMs: readonly number[];
}

export interface MachineRow extends Pick<HistoryRow, 'startAt' | 'offsetsMs' | 'cpuPermille' | 'memoryBytes'> {
  readonly hostId: string;
}

/** One sample of one container (of the host where `containerId` is empty). */
export interface HistoryPoint extends Readonly<Record<SeriesName, number>> {
  readonly containerId: string;
  readonly startAt: Date;
  readonly offsetMs: number;
}

const rowMs = 600_000;
const dayMs = 86_400_000;
const dayPattern = /^MetricHistory_(\d{4})(\d{2})(\d{2})$/;

/** Ten minutes of one container are one row; a day of all of them is one table, so that forgetting a day costs nothing. */
@Injectable()
export class HistoryStore {
  readonly #days = new Set<number>();

  constructor(private readonly database: Database) {}

  /** The statement that appends points of a host; to be run in the transaction that acknowledges them. */
  static appending(hostId: string, points: readonly HistoryPoint[]): { sql: string; values: [string, string] } {
    const columns = ['offsetsMs', ...seriesNames];
    const types = ['int[]', ...seriesNames.map(() => 'real[]')];
    const sql = `insert into "MetricHistory" as h ("hostId", "containerId", "startAt", ${columns.map(quoted).join(', ')})
      select $1::uuid, "containerId", "startAt", ${columns.map((name, at) => `array_agg(${quoted(sourceOf(name))} order by "offsetMs")::${types[at] ?? ''}`).join(', ')}
      from jsonb_to_recordset($2::jsonb) as p ("containerId" text, "startAt" timestamptz, "offsetMs" int, ${seriesNames.map((name) => `${quoted(name)} real`).join(', ')})
      group by "containerId", "startAt"
      on conflict ("hostId", "containerId", "startAt") do update set ${columns.map((name) => `${quoted(name)} = h.${quoted(name)} || excluded.${quoted(name)}`).join(', ')}`;
    return { sql, values: [hostId, JSON.stringify(points)] };
  }

  /** Makes the tables of the days that points fall into. */
  async prepare(points: readonly HistoryPoint[]): Promise<void> {
    for (const day of new Set(points.map(({ startAt }) => Math.floor(startAt.getTime() / dayMs)))) {
      if (this.#days.has(day)) continue;
      const [from, to] = [new Date(day * dayMs), new Date((day + 1) * dayMs)].map((date) => date.toISOString());
      const name = `MetricHistory_${(from ?? '').slice(0, 10).replaceAll('-', '')}`;
      await this.database.prisma.$executeRawUnsafe(
        `create table if not exists "${name}" partition of "MetricHistory" for values from ('${from ?? ''}') to ('${to ?? ''}')`,
      );
      this.#days.add(day);
    }
  }

  range(hostId: string, containerId: string, at: { from: Date; to: Date }): Promise<HistoryRow[]> {
    const startAt = { gt: new Date(at.from.getTime() - rowMs), lte: at.to };
    return this.database.prisma.metricHistory.findMany({ where: { hostId, containerId, startAt }, orderBy: { startAt: 'asc' } });
  }

  /** The machines' own points, without those of their containers. */
  rangeOfMachines(hostIds: readonly string[], at: { from: Date; to: Date }): Promise<MachineRow[]> {
    const startAt = { gt: new Date(at.from.getTime() - rowMs), lte: at.to };
    return this.database.prisma.metricHistory.findMany({
      where: { hostId: { in: [...hostIds] }, containerId: '', startAt },
      select: { hostId: true, startAt: true, offsetsMs: true, cpuPermille: true, memoryBytes: true },
      orderBy: { startAt: 'asc' },
    });
  }

  /** Drops whole days. */
  async removeBefore(date: Date): Promise<void> {
    const tables = await this.database.prisma.$queryRaw<{ name: string }[]>`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = '"MetricHistory"'::regclass`;
    for (const { name } of tables) {
      const [, year, month, day] = dayPattern.exec(name) ?? [];
      if (day === undefined || Date.UTC(Number(year), Number(month) - 1, Number(day)) + dayMs > date.getTime()) continue;
      await this.database.prisma.$executeRawUnsafe(`drop table if exists "${name}"`);
      this.#days.clear();
    }
  }
}

/** The points of a report: one of the host, one of each container. */
export function pointsOf({ atMs, host, containers }: Samples): HistoryPoint[] {
  const startMs = Math.floor(atMs / rowMs) * rowMs;
  const place = { startAt: new Date(startMs), offsetMs: atMs - startMs };
  const ofHost = host ? [{ ...place, containerId: '', ...hostSeries(host) }] : [];
  return [...ofHost, ...containers.map(({ id: containerId, ...series }: ContainerSample) => ({ ...place, containerId, ...series }))];
}

function hostSeries({ cpuPermille, memoryBytes, receiveBps, sendBps, readBps, writeBps }: HostSample): Record<SeriesName, number> {
  return { cpuPermille, memoryBytes, receiveBps, sendBps, readBps, writeBps, throttledPermille: 0, pids: 0 };
}

function sourceOf(column: string): string {
  return column === 'offsetsMs' ? 'offsetMs' : column;
}

function quoted(name: string): string {
  return `"${name}"`;
}
