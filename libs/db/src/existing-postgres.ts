import { globSync } from 'node:fs';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import pg from 'pg';
import { type EmbeddedPostgres, type Roots, startEmbeddedPostgres } from './embedded-postgres.ts';
import { superuser } from './postgres-cluster.ts';

/**
 * The embedded PostgreSQL of an installation: the one that its server runs, else one that is started here and ended by disposing. `not-found` where
 * the data root holds none; `conflict` where it runs below another run root.
 */
export async function existingPostgres({ dataRoot, runRoot }: Roots): Promise<EmbeddedPostgres> {
  const [cluster] = globSync(join(dataRoot, 'postgres', 'data-*', 'PG_VERSION'));
  if (cluster === undefined) throw new Failure('not-found', `there is no database in ${dataRoot}`);
  const host = join(runRoot, 'postgres');
  if (await isOf(host, join(cluster, '..')))
    return { host, user: superuser, database: 'postgres', [Symbol.asyncDispose]: () => Promise.resolve() };
  return startApart({ dataRoot, runRoot });
}

/** Whether the PostgreSQL that answers in this directory, if any, works on these files. */
async function isOf(host: string, directory: string): Promise<boolean> {
  const client = new pg.Client({ host, user: superuser, database: 'postgres' });
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === (await realpath(directory));
  } catch {
    return false; // nobody answers there
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Its socket lies in a directory of its own: that of a server which uses the same run root stays as it is. */
async function startApart({ dataRoot, runRoot }: Roots): Promise<EmbeddedPostgres> {
  await using undo = new AsyncDisposableStack();
  await mkdir(runRoot, { recursive: true, mode: 0o711 });
  const apart = join(runRoot, `read-${process.pid}`);
  undo.defer(() => rm(apart, { recursive: true, force: true }));
  const { host, user, database } = undo.use(await startEmbeddedPostgres({ dataRoot, runRoot: apart }));
  const running = undo.move();
  return { host, user, database, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
