import { Failure } from '@gantry/base';
import type { Database } from '@gantry/db';
import type { SealedPlace } from './sealer.ts';

type Transaction = Parameters<Parameters<Database['prisma']['$transaction']>[0]>[0];

/** Held while the key changes: one at a time. */
const rotationLock = 7_443_003;
const longestMs = 10 * 60_000;

/** Every column that holds sealed values, with the column by whose value it is bound to its row. A spec holds it against the schema. */
export const sealedColumns = [
  { table: 'Totp', id: 'userId', field: 'secret' },
  { table: 'IdentityProvider', id: 'key', field: 'clientSecret' },
] as const satisfies SealedPlace[];

/** Runs work that nobody else does at the same time; all of its changes are made or none. */
export async function inRotation<T>(database: Database, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const limits = { maxWait: longestMs, timeout: longestMs };
  return database.prisma.$transaction(async (transaction) => {
    await transaction.$executeRaw`select pg_advisory_xact_lock(${rotationLock})`;
    return work(transaction);
  }, limits);
}

/** Puts another value in place of every sealed one; how many there were. `precondition` where the database is that of an earlier program. */
export async function replaceSealed(
  transaction: Transaction,
  replace: (value: Uint8Array, place: SealedPlace) => Uint8Array,
): Promise<number> {
  let replaced = 0;
  for (const column of sealedColumns) {
    const [table, id, field] = [column.table, column.id, column.field].map((name) => `"${name}"`);
    await refuseMissing(transaction, column.table);
    const rows = await transaction.$queryRawUnsafe<{ id: string; value: Uint8Array }[]>(
      `select ${id}::text as id, ${field} as value from ${table} where ${field} is not null for update`,
    );
    for (const row of rows) {
      const value = replace(row.value, { table: column.table, id: row.id, field: column.field });
      await transaction.$executeRawUnsafe(`update ${table} set ${field} = $1 where ${id}::text = $2`, value, row.id);
    }
    replaced += rows.length;
  }
  return replaced;
}

async function refuseMissing(transaction: Transaction, table: string): Promise<void> {
  const [found] = await transaction.$queryRaw<{ isThere: boolean }[]>`select to_regclass(${`"${table}"`}) is not null as "isThere"`;
  if (!found?.isThere)
    throw new Failure('precondition', 'the database is that of an earlier version: start the server once, then try again');
}
