import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import { type AuditRow, chainHash, firstHash } from './audit-row.ts';

/** Held while rows are appended: the chain has one end. */
const chainLock = 7_443_002;

export type NewAuditRow = Omit<AuditRow, 'sequence'>;

@Injectable()
export class AuditStore {
  constructor(private readonly database: Database) {}

  /** Appends rows to the chain in one transaction, all or none. */
  async append(rows: readonly NewAuditRow[]): Promise<void> {
    await this.database.prisma.$transaction(async (transaction) => {
      await transaction.$executeRaw`select pg_advisory_xact_lock(${chainLock})`;
      const last = await transaction.auditRow.findFirst({ orderBy: { sequence: 'desc' }, select: { sequence: true, hash: true } });
      let [sequence, hash] = [last?.sequence ?? 0n, last?.hash ?? firstHash];
      const chained = rows.map((row) => {
        sequence += 1n;
        hash = chainHash(hash, { ...row, sequence });
        const details: object = row.details;
        return { ...row, details, sequence, hash };
      });
      await transaction.auditRow.createMany({ data: chained });
    });
  }

  /** The newest intents and lone outcomes before a sequence, each with its outcome where there is one. */
  async list({
    before,
    limit,
  }: {
    before?: number | undefined;
    limit: number;
  }): Promise<{ row: AuditRow; outcome: AuditRow | undefined }[]> {
    const found = await this.database.prisma.$queryRaw<AuditRow[]>`
      select * from "AuditRow" as a
      where (${before ?? null}::bigint is null or sequence < ${before ?? null}::bigint)
        and (phase = 'intent' or not exists (select 1 from "AuditRow" i where i.request = a.request and i.phase = 'intent'))
      order by sequence desc limit ${limit}`;
    const requests = found.filter(({ phase }) => phase === 'intent').map(({ request }) => request);
    const outcomes = await this.database.prisma.auditRow.findMany({ where: { phase: 'outcome', request: { in: requests } } });
    const byRequest = new Map(outcomes.map((row) => [row.request, row as unknown as AuditRow]));
    return found.map((row) => ({ row, outcome: byRequest.get(row.request) }));
  }

  /** Intents without an outcome that were written before a moment. */
  async leftovers(before: Date): Promise<AuditRow[]> {
    return this.database.prisma.$queryRaw<AuditRow[]>`
      select * from "AuditRow" as a where phase = 'intent' and at < ${before}
        and not exists (select 1 from "AuditRow" o where o.request = a.request and o.phase = 'outcome')
      order by sequence`;
  }

  /** The sequence of the first row whose hash does not follow from the row before it; undefined where the chain holds. */
  async firstBreak(): Promise<bigint | undefined> {
    let [sequence, hash] = [0n, firstHash as Uint8Array];
    for (;;) {
      const rows = await this.database.prisma.auditRow.findMany({
        where: { sequence: { gt: sequence } },
        orderBy: { sequence: 'asc' },
        take: 1000,
      });
      if (rows.length === 0) return undefined;
      for (const row of rows) {
        const expected = chainHash(hash, row as unknown as AuditRow);
        if (row.sequence !== sequence + 1n || Buffer.compare(row.hash, expected) !== 0) return row.sequence;
        [sequence, hash] = [row.sequence, row.hash];
      }
    }
  }
}
