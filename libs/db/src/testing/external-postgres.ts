import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryDirectory, unusedPort } from '@gantry/base/testing';
import pg from 'pg';
import { postgresAccount } from '../postgres-account.ts';
import { installBinaries } from '../postgres-binaries.ts';
import { prepareCluster, superuser } from '../postgres-cluster.ts';

/** A PostgreSQL as an operator runs one: on a TCP port of loopback, entered with a password. */
export interface ExternalPostgres extends AsyncDisposable {
  readonly port: number;
  readonly password: string;
  /** What DATABASE_URL is set to. */
  readonly url: string;
  /** Runs one statement beside whoever else uses it: for what no door of a server can bring about. */
  query(sql: string): Promise<readonly Record<string, unknown>[]>;
}

const startTimeoutMs = 120_000;
const access = 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n';

/** The embedded programs, run as an external database; disposing ends it and removes its files. */
export async function startExternalPostgres(): Promise<ExternalPostgres> {
  await using undo = new AsyncDisposableStack();
  const { path } = undo.use(await temporaryDirectory());
  const account = postgresAccount();
  const binaries = await installBinaries(path);
  const dataDirectory = await prepareCluster(path, binaries, account);
  await writeFile(join(dataDirectory, 'pg_hba.conf'), access);
  const sockets = join(path, 's');
  await mkdir(sockets, { mode: 0o700 });
  if (account) await chown(sockets, account.uid, account.gid);
  const port = await unusedPort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'shared_buffers=16MB', 'fsync=off'];
  const args = ['-D', dataDirectory, '-k', sockets, ...settings.flatMap((setting) => ['-c', setting])];
  undo.adopt(spawn(binaries.postgres, args, { ...account, cwd: '/', stdio: 'ignore' }), shutDown);
  const password = 'long horse: 100% sure/@home';
  await give(password, { host: sockets, port });
  const done = undo.move();
  const url = `postgresql://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  const query = (sql: string): Promise<readonly Record<string, unknown>[]> => ask(url, sql);
  return { port, password, url, query, [Symbol.asyncDispose]: () => done.disposeAsync() };
}

/** The administrator enters by the socket, as soon as it answers, and sets the password for everybody else. */
async function give(password: string, { host, port }: { host: string; port: number }): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    const client = new pg.Client({ host, port, user: superuser, database: 'postgres' });
    try {
      await client.connect();
      await client.query(`alter role ${superuser} password ${client.escapeLiteral(password)}`);
      return;
    } catch (thrown) {
      if (performance.now() > deadline) throw thrown;
      await delay(25);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function shutDown(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
}
