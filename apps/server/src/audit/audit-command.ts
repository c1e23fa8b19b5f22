import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { Failure } from '@gantry/base';
import { Identity, readIfPresent } from '@gantry/link';
import type { ServerConfig } from '../config.ts';
import { openDatabaseToRead } from '../database/open-database-to-read.ts';
import type { AuditFilter } from './audit-filter.ts';
import { AuditStore } from './audit.store.ts';
import { exportLines } from './export-rows.ts';
import { headFileOf, readHeads } from './head-file.ts';
import { verifyChain } from './verify-chain.ts';

const option = { type: 'string' } as const;
const optionsOf = {
  verify: { heads: option, key: option },
  export: { since: option, until: option, user: option, host: option, action: option },
};

interface Inside {
  readonly config: ServerConfig;
  /** A person who has waited long enough. */
  readonly signal: AbortSignal;
}

/** What `gantry audit` asks of the server's program, beside a running server or without one. Resolves with the exit status: 1 where the log is broken. */
export async function runAuditCommand(words: readonly string[], inside: Inside): Promise<number> {
  const [verb = '', ...rest] = words;
  switch (verb) {
    case 'verify':
      return verify(inside, read(rest, optionsOf.verify));
    case 'export':
      return exportRows(inside, read(rest, optionsOf.export));
    default:
      throw new Failure('invalid', `audit does not know what to do with ${verb === '' ? 'nothing: say verify or export' : verb}`);
  }
}

async function verify({ config, signal }: Inside, given: { heads?: string; key?: string }): Promise<number> {
  const path = given.heads ?? headFileOf(config.dataRoot);
  const key = given.key ?? (await ownKey(config.dataRoot));
  await using database = await openDatabaseToRead(config);
  const verdict = await verifyChain(new AuditStore(database).rows({}, signal), readHeads(path, key));
  if (verdict.kind === 'broken') {
    console.error(`gantry: the audit log is broken at row ${verdict.row}: ${verdict.why}`);
    return 1;
  }
  const { rows, signed } = verdict;
  const since = rows - (signed?.sequence ?? 0);
  const last = signed ? `row ${signed.sequence} was signed last, at ${signed.at}` : 'none is signed';
  console.log(
    `the audit log is whole: ${rows} rows, each follows from the one before it; ${last}${since === 0 ? '' : `, ${since} came after it`}`,
  );
  return 0;
}

async function exportRows(
  { config, signal }: Inside,
  given: { since?: string; until?: string; user?: string; host?: string; action?: string },
): Promise<number> {
  const { user, action } = given;
  const times = { since: timeOf('since', given.since), until: timeOf('until', given.until) };
  await using database = await openDatabaseToRead(config);
  const store = new AuditStore(database);
  const host = given.host === undefined ? undefined : await store.hostCalled(given.host);
  const filter: AuditFilter = { ...times, user, action, host };
  try {
    await pipeline(Readable.from(exportLines(store.rows(filter, signal))), process.stdout, { end: false });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EPIPE') throw thrown; // whoever reads has enough
  }
  return 0;
}

/** The public key of the installation whose data this is. */
async function ownKey(dataRoot: string): Promise<string> {
  const path = join(dataRoot, 'server', 'identity.key');
  if ((await readIfPresent(path)) === undefined)
    throw new Failure('not-found', `there is no server in ${dataRoot}: ${path} does not exist`);
  return (await Identity.open(path)).publicKey;
}

function timeOf(flag: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  const isIso = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(text);
  if (isIso && !Number.isNaN(time.getTime())) return time;
  throw new Failure('invalid', `--${flag} ${text} is not a time: expected as 2026-01-31 or 2026-01-31T12:00:00Z`);
}

function read<const T extends Record<string, typeof option>>(words: readonly string[], options: T): { [K in keyof T]?: string } {
  try {
    return parseArgs({ args: [...words], options, strict: true }).values;
  } catch (cause) {
    throw new Failure('invalid', (cause as Error).message, { cause });
  }
}
