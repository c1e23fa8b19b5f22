import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import pg from 'pg';
import { migrate } from './migrate.ts';
import { startExternalPostgres } from './testing/index.ts';

const opened = closedAfterEach();
const directory = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
/** The last one of the time when everybody had one role, everywhere. */
const lastWithRoles = '20261130084047_widen_epoch';

/** The migrations of a program that knows none after this one. */
async function migrationsUntil(last: string): Promise<string> {
  const { path } = opened.use(await temporaryDirectory());
  const names = (await readdir(directory)).filter((name) => /^\d/.test(name) && name <= last);
  expect(names).toContain(last);
  for (const name of names) await cp(join(directory, name), join(path, name), { recursive: true });
  return path;
}

test('whoever had a role in an installation of before has it after the upgrade as a grant everywhere, with password, session and preferences', async () => {
  const { url } = opened.use(await startExternalPostgres());
  const pool = new pg.Pool({ connectionString: url });
  pool.on('error', () => undefined); // it ends with the database
  opened.defer(() => pool.end());
  await migrate(pool, await migrationsUntil(lastWithRoles));
  await pool.query(`insert into "User" (id, name, "passwordHash", role, preferences, "createdAt") values
    ('00000000-0000-4000-8000-000000000001', 'ada', '$argon2id$a', 'owner', '{"theme":"dark"}', '2026-01-02T03:04:05Z'),
    ('00000000-0000-4000-8000-000000000002', 'vera', '$argon2id$v', 'viewer', '{}', '2026-02-03T04:05:06Z')`);
  await pool.query(`insert into "Session" (id, "tokenHash", "userId", "expiresAt", address, "userAgent") values
    ('00000000-0000-4000-8000-000000000003', 'x', '00000000-0000-4000-8000-000000000001', '2099-01-01', '192.0.2.1', 'a browser')`);

  const applied = await migrate(pool, directory);

  expect(applied).toContain('20261130152843_people_and_grants');
  const grants = await pool.query(`select u.name, g."builtIn", g."roleId", g."addOns", g.scope, g."groupId", g."hostId", g."expiresAt",
    g."createdBy", g."createdAt" = u."createdAt" as "isAsOld" from "Grant" g join "User" u on u.id = g."userId" order by u.name`);
  const everywhere = {
    roleId: null,
    addOns: [],
    scope: 'global',
    groupId: null,
    hostId: null,
    expiresAt: null,
    createdBy: 'upgrade',
    isAsOld: true,
  };
  expect(grants.rows).toEqual([
    { name: 'ada', builtIn: 'owner', ...everywhere },
    { name: 'vera', builtIn: 'viewer', ...everywhere },
  ]);
  const people = await pool.query('select name, kind, "passwordHash", preferences, "disabledAt", "signInEpoch" from "User" order by name');
  expect(people.rows).toEqual([
    { name: 'ada', kind: 'person', passwordHash: '$argon2id$a', preferences: { theme: 'dark' }, disabledAt: null, signInEpoch: 0 },
    { name: 'vera', kind: 'person', passwordHash: '$argon2id$v', preferences: {}, disabledAt: null, signInEpoch: 0 },
  ]);
  const sessions = await pool.query('select "userId", epoch, via from "Session"');
  expect(sessions.rows).toEqual([{ userId: '00000000-0000-4000-8000-000000000001', epoch: 0, via: 'password' }]);
  const columns = await pool.query(`select 1 from information_schema.columns where table_name = 'User' and column_name = 'role'`);
  expect(columns.rows).toEqual([]);
});
