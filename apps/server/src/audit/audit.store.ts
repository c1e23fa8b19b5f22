import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { AuditFilter } from './audit-filter.ts';
import { type AuditRow, chainHash, type ChainedRow, firstHash } from './audit-row.ts';

/** Held while rows are appended: the chain has one end. */
const chainLock = 7_443_002;
const pageRows = 1000;

export type NewAuditRow = Omit<AuditRow, 'sequence'>;

/** Something that was done, or is being done: an intent with what is known of its end, or an outcome that had no intent. */
export interface RecordedDeed extends Pick<
  AuditRow,
  'sequence' | 'request' | 'at' | 'who' | 'action' | 'hostId' | 'target' | 'address' | 'details' | 'outcome' | 'status'
> {
  readonly endedAt: Date | null;
  readonly endDetails: AuditRow['details'] | null;
}

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

  /** The newest deeds before a sequence that a filter takes: intents, each with its outcome where there is one, and lone outcomes. */
  async list(filter: AuditFilter, { before, limit }: { before?: number | undefined; limit: number }): Promise<RecordedDeed[]> {
    const values = valuesOf(filter);
    return this.database.prisma.$queryRaw<RecordedDeed[]>`
      select a.sequence, a.request, a.at, a.who, a.action, a."hostId", a.target, a.address, a.details,
        coalesce(o.outcome, a.outcome) as outcome, coalesce(o.status, a.status) as status, o.at as "endedAt", o.details as "endDetails"
      from "AuditRow" a left join "AuditRow" o on a.phase = 'intent' and o.request = a.request and o.phase = 'outcome'
      where (${before ?? null}::bigint is null or a.sequence < ${before ?? null}::bigint)
        and (a.phase = 'intent' or not exists (select 1 from "AuditRow" i where i.request = a.request and i.phase = 'intent'))
        and (${values.hosts}::uuid[] is null or a."hostId" = any(${values.hosts}::uuid[]))
        and (${values.since}::timestamptz is null or a.at >= ${values.since}::timestamptz)
        and (${values.until}::timestamptz is null or a.at < ${values.until}::timestamptz)
        and (${values.user}::text is null or a.who = ${values.user}::text)
        and (${values.host}::uuid is null or a."hostId" = ${values.host}::uuid)
        and (${values.action}::text is null or a.action = ${values.action}::text)
        and (${values.target}::text is null or position(${values.target}::text in lower(a.target)) > 0)
        and (${values.outcome}::text is null or coalesce(o.outcome, a.outcome) = ${values.outcome}::text)
        and not exists (select 1 from unnest(${values.words}::text[]) word where position(word in
          lower(concat_ws(' ', a.who, a.action, a.target, a.address, coalesce(o.outcome, a.outcome), a.details::text, o.details::text))) = 0)
      order by a.sequence desc limit ${limit}`;
  }

  /** Who was about to do this, by the intent of a request; undefined where no such intent was written. */
  async intentOf(intent: {
    request: string;
    action: string;
    hostId: string;
  }): Promise<(Pick<AuditRow, 'userId' | 'who' | 'target'> & { readonly details: unknown }) | undefined> {
    const found = await this.database.prisma.auditRow.findFirst({
      where: { ...intent, phase: 'intent' },
      select: { userId: true, who: true, target: true, details: true },
    });
    return found ?? undefined;
  }

  /** Intents without an outcome that were written before a moment. */
  async leftovers(before: Date): Promise<AuditRow[]> {
    return this.database.prisma.$queryRaw<AuditRow[]>`
      select * from "AuditRow" as a where phase = 'intent' and at < ${before}
        and not exists (select 1 from "AuditRow" o where o.request = a.request and o.phase = 'outcome')
      order by sequence`;
  }

  /** The end of the chain; sequence 0 and the first hash where there is no row. */
  async newest(): Promise<{ sequence: bigint; hash: Uint8Array }> {
    const last = await this.database.prisma.auditRow.findFirst({ orderBy: { sequence: 'desc' }, select: { sequence: true, hash: true } });
    return last ?? { sequence: 0n, hash: firstHash };
  }

  /** Rows in the order of the chain, read page by page: memory does not grow with the log. Times and numbers come as text, so that no row is too strange to be read. */
  async *rows(filter: AuditFilter, signal: AbortSignal): AsyncGenerator<ChainedRow> {
    const values = valuesOf(filter);
    let after: bigint | undefined;
    for (;;) {
      signal.throwIfAborted();
      const page = await this.database.prisma.$queryRaw<(Omit<ChainedRow, 'at'> & { at: string })[]>`
        select a.sequence, a.request, a.phase, to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, a."userId", a.who,
          a.action, a."hostId", a.target, a.outcome, a.status, a.address, a.details, a.hash
        from "AuditRow" a
        where (${after ?? null}::bigint is null or a.sequence > ${after ?? null}::bigint)
          and (${values.hosts}::uuid[] is null or a."hostId" = any(${values.hosts}::uuid[]))
          and (${values.since}::timestamptz is null or a.at >= ${values.since}::timestamptz)
          and (${values.until}::timestamptz is null or a.at < ${values.until}::timestamptz)
          and (${values.user}::text is null or a.who = ${values.user}::text)
          and (${values.host}::uuid is null or a."hostId" = ${values.host}::uuid)
          and (${values.action}::text is null or a.action = ${values.action}::text)
          and (${values.target}::text is null or position(${values.target}::text in lower(a.target)) > 0)
          and (${values.outcome}::text is null or a.outcome = ${values.outcome}::text)
          and not exists (select 1 from unnest(${values.words}::text[]) word where position(word in
            lower(concat_ws(' ', a.who, a.action, a.target, a.address, a.outcome, a.details::text))) = 0)
        order by a.sequence limit ${pageRows}`;
      for (const row of page) yield { ...row, at: new Date(row.at) };
      after = page.at(-1)?.sequence;
      if (page.length < pageRows) return;
    }
  }

  /** An id as it is (its host may be gone), else the id of the one host with this name; `not-found` where there is none, `conflict` where several have it. */
  async hostCalled(nameOrId: string): Promise<string> {
    if (isUuid(nameOrId)) return nameOrId.toLowerCase();
    const [host, other] = await this.database.prisma.host.findMany({ where: { name: nameOrId }, select: { id: true }, take: 2 });
    if (!host) throw new Failure('not-found', `no such host: ${nameOrId}`);
    if (other) throw new Failure('conflict', `several hosts are called ${nameOrId}: name one by its id`);
    return host.id;
  }
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** A filter as values of a statement: null does not matter. */
function valuesOf({ since, until, user, host, action, target, outcome, text, hosts }: AuditFilter) {
  return {
    since: since ?? null,
    until: until ?? null,
    user: user ?? null,
    host: host ?? null,
    action: action ?? null,
    target: target?.toLowerCase() ?? null,
    outcome: outcome ?? null,
    words: (text ?? '')
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== ''),
    hosts: hosts ? [...hosts] : null,
  };
}
