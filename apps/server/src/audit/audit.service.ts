import { randomUUID } from 'node:crypto';
import { Failure } from '@gantry/base';
import type { AuditEntry } from '@gantry/contract';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { type AuditRow, printable } from './audit-row.ts';
import type { AuditFilter } from './audit-filter.ts';
import { AuditStore, type NewAuditRow, type RecordedDeed } from './audit.store.ts';
import { exportLines } from './export-rows.ts';

/** What somebody is about to do, or has done. Text of others is escaped here; secrets must not come this far. */
export interface Deed {
  readonly who: string;
  readonly userId?: string | undefined;
  /** The name of the row. */
  readonly action: string;
  readonly hostId?: string | undefined;
  readonly target: string;
  readonly address?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface Ending {
  readonly outcome: 'done' | 'failed' | 'denied' | 'unknown';
  readonly status?: number | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An intent that is on disk. Its request id names the request everywhere else. */
export interface OpenIntent {
  readonly requestId: string;
  /** Writes how it ended; a second call changes nothing. */
  end(ending: Ending): Promise<void>;
}

interface Waiting {
  readonly row: NewAuditRow;
  readonly written: { resolve(value: undefined): void; reject(reason: unknown): void };
}

const largestBatch = 200;
const longestDetail = 4096;

/** The audit log. Rows that come at the same time share one transaction, so that a busy fleet does not wait row by row. */
@Injectable()
export class AuditService implements OnApplicationBootstrap {
  readonly #log = new Logger('audit');
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(private readonly store: AuditStore) {}

  /** Intents that an earlier run of the server left without an outcome: nobody knows how they ended. */
  async onApplicationBootstrap(): Promise<void> {
    const left = await this.store.leftovers(new Date());
    const at = new Date();
    await Promise.all(left.map((row) => this.#append({ ...withoutChain(row), phase: 'outcome', at, outcome: 'unknown', details: {} })));
  }

  /** Resolves when the intent is committed: only then may the deed be done. `unavailable` where it cannot be written; then it must not be. */
  async intend(deed: Deed): Promise<OpenIntent> {
    const requestId = randomUUID();
    const intent = rowOf(deed, requestId);
    try {
      await this.#append({ ...intent, phase: 'intent', outcome: 'intended' });
    } catch (cause) {
      throw new Failure('unavailable', 'this cannot be written to the audit log, so it is not done', { cause });
    }
    let hasEnded = false;
    return {
      requestId,
      end: async ({ outcome, status, details }) => {
        if (hasEnded) return;
        hasEnded = true;
        await this.#tell({
          ...intent,
          at: new Date(),
          phase: 'outcome',
          outcome,
          status: status ?? null,
          details: printableDetails(details ?? {}) as AuditRow['details'],
        });
      },
    };
  }

  /** Writes down what has happened already, or was refused. */
  async note(deed: Deed & Ending): Promise<void> {
    await this.#append({ ...rowOf(deed, randomUUID()), phase: 'outcome', outcome: deed.outcome, status: deed.status ?? null });
  }

  /** The newest entries before a sequence that a filter takes. */
  async list(filter: AuditFilter, page: { before?: number | undefined; limit: number }): Promise<AuditEntry[]> {
    return (await this.store.list(filter, page)).map(describe);
  }

  /** All rows that a filter takes, oldest first, as lines of JSON. */
  export(filter: AuditFilter, signal: AbortSignal): AsyncIterable<string> {
    return exportLines(this.store.rows(filter, signal));
  }

  /** The deed is done and cannot be taken back because its outcome was not written: the sweep will call it unknown. */
  async #tell(row: NewAuditRow): Promise<void> {
    try {
      await this.#append(row);
    } catch (thrown) {
      this.#log.error(`outcome of ${row.action} (${row.request}) was not written: ${Failure.from(thrown).message}`);
    }
  }

  #append(row: NewAuditRow): Promise<undefined> {
    const written = Promise.withResolvers<undefined>();
    this.#waiting.push({ row, written });
    if (!this.#isWriting) void this.#writeAll();
    return written.promise;
  }

  /** Never rejects: each row tells its own waiter. */
  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      await this.store.append(batch.map(({ row }) => row)).then(
        () => batch.forEach(({ written }) => written.resolve(undefined)),
        (reason: unknown) => batch.forEach(({ written }) => written.reject(reason)),
      );
    }
    this.#isWriting = false;
  }

  #take(): Waiting[] {
    return this.#waiting.splice(0, largestBatch);
  }
}

function rowOf({ who, userId, action, hostId, target, address, details }: Deed, request: string): Omit<NewAuditRow, 'phase' | 'outcome'> {
  return {
    request,
    at: new Date(),
    userId: userId ?? null,
    who: printable(who, 128),
    action,
    hostId: hostId ?? null,
    target: printable(target),
    status: null,
    address: address === undefined ? null : printable(address, 64),
    details: printableDetails(details ?? {}) as AuditRow['details'],
  };
}

function withoutChain({
  request,
  userId,
  who,
  action,
  hostId,
  target,
  address,
}: AuditRow): Omit<NewAuditRow, 'phase' | 'outcome' | 'at' | 'details'> {
  return { request, userId, who, action, hostId, target, status: null, address };
}

function describe(row: RecordedDeed): AuditEntry {
  const { sequence, request, at, who, action, hostId, target, address, outcome, status, endedAt } = row;
  const details = { ...row.details, ...row.endDetails };
  return {
    sequence: Number(sequence),
    request,
    at: at.toISOString(),
    who,
    action,
    target,
    outcome,
    ...(endedAt === null ? {} : { endedAt: endedAt.toISOString() }),
    ...(hostId === null ? {} : { host: hostId }),
    ...(status === null ? {} : { status }),
    ...(address === null ? {} : { address }),
    ...(Object.keys(details).length > 0 ? { details } : {}),
  };
}

/** Nothing in a line of the log can make it look like two, or read backwards. */
function printableDetails(value: unknown): unknown {
  if (typeof value === 'string') return printable(value, longestDetail);
  if (Array.isArray(value)) return value.map(printableDetails);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key, 128), printableDetails(inner)]));
}
