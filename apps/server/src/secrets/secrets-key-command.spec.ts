import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { closedAfterEach } from '@gantry/base/testing';
import { beginTotp, listAudit } from '@gantry/contract';
import { openDatabaseToChange } from '../database/open-database-to-change.ts';
import { openDatabaseOf, setUp, startTestServer, type TestServer } from '../testing/index.ts';
import { rotateKey, runSecretsKeyCommand } from './secrets-key-command.ts';
import { Sealer } from './sealer.ts';

const opened = closedAfterEach();
const keyFileOf = ({ config }: TestServer): string => join(config.dataRoot, 'server', 'secrets.key');
const linesOf = async (file: string): Promise<string[]> => (await readFile(file, 'utf8')).trim().split('\n');

/** So many people with a sealed secret each, which is their id. */
async function seedSecrets(server: TestServer, people: number): Promise<() => Promise<string[]>> {
  const database = opened.use(await openDatabaseOf(server));
  const sealer = await Sealer.open(keyFileOf(server));
  const ids = Array.from({ length: people }, () => randomUUID());
  await database.prisma.user.createMany({ data: ids.map((id) => ({ id, name: `u-${id}` })) });
  const place = (id: string): { table: string; id: string; field: string } => ({ table: 'Totp', id, field: 'secret' });
  await database.prisma.totp.createMany({
    data: ids.map((userId) => ({ userId, secret: sealer.seal(Buffer.from(userId), place(userId)) })),
  });
  const all = async (): Promise<string[]> => {
    const now = await Sealer.open(keyFileOf(server));
    const rows = await database.prisma.totp.findMany({ where: { userId: { in: ids } } });
    return rows.map(({ userId, secret }) => (now.open(secret, place(userId)).toString() === userId ? 'opens' : 'another'));
  };
  return all;
}

test('the key is changed beside a running server, which goes on with what was sealed before, after and meanwhile', async () => {
  const server = opened.use(await startTestServer());
  const owner = await setUp(server);
  const all = await seedSecrets(server, 20);
  const file = keyFileOf(server);
  const [first = ''] = await linesOf(file);

  expect(await runSecretsKeyCommand(['rotate'], server.config)).toBe(0);

  expect(await all()).toEqual(Array.from({ length: 20 }, () => 'opens'));
  const [second = '', ...kept] = await linesOf(file);
  expect([second === first, kept]).toEqual([false, [first]]);
  // What the running server seals now is sealed with the new key.
  expect((await owner.call(beginTotp)).status).toBe(201);
  const database = opened.use(await openDatabaseOf(server));
  const secrets = (await database.prisma.totp.findMany()).map(({ secret }) => Buffer.from(secret).subarray(1, 5).toString('hex'));
  expect(new Set(secrets).size).toBe(1);
  expect(await runSecretsKeyCommand(['rotate'], server.config)).toBe(0);
  expect((await linesOf(file)).slice(1)).toEqual([second]);
  expect((await owner.call(listAudit, { query: '?action=rotateSecretsKey' })).body).toMatchObject([
    { who: 'gantry secrets-key', details: { resealed: 21 } },
    { details: { resealed: 20 } },
  ]);
}, 180_000);

test('of two that rotate at once both are done, one after the other', async () => {
  const server = opened.use(await startTestServer());
  const all = await seedSecrets(server, 50);
  const databases = [opened.use(await openDatabaseToChange(server.config)), opened.use(await openDatabaseToChange(server.config))];

  await Promise.all(databases.map((database) => rotateKey(database, keyFileOf(server))));

  expect(await all()).toEqual(Array.from({ length: 50 }, () => 'opens'));
  expect(await linesOf(keyFileOf(server))).toHaveLength(2);
}, 180_000);

test('killed at any moment no secret is lost, and the next run ends it', async () => {
  const server = opened.use(await startTestServer());
  const all = await seedSecrets(server, 400);
  const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const environment = {
    ...process.env,
    NODE_OPTIONS: '',
    GANTRY_DATA_ROOT: server.config.dataRoot,
    GANTRY_RUN_ROOT: server.config.runRoot,
  };
  const rotate = (): ChildProcess => spawn(process.execPath, [program, 'secrets-key', 'rotate'], { env: environment, stdio: 'ignore' });
  let killed = 0;
  // On a busy machine it may have ended each time before it was seen to have begun.
  const moments = [0, 5, 20, 60, 150];
  for (let round = 0; round < moments.length || (killed === 0 && round < 30); round++) {
    const afterMs = moments[round] ?? 0;
    const before = await readFile(keyFileOf(server), 'utf8');
    const child = rotate();
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    while (child.exitCode === null && (await readFile(keyFileOf(server), 'utf8')) === before) await pause(1);
    await pause(afterMs); // somewhere between the file and the end of the transaction
    child.kill('SIGKILL');
    if ((await ended)[1] === 'SIGKILL') killed++;
    expect([afterMs, new Set(await all())]).toEqual([afterMs, new Set(['opens'])]);
  }
  expect(killed).toBeGreaterThan(0);

  expect(await once(rotate(), 'exit')).toEqual([0, null]);

  expect(new Set(await all())).toEqual(new Set(['opens']));
  expect(await linesOf(keyFileOf(server))).toHaveLength(2);
}, 180_000);

test('a value that no key opens is named, and nothing is changed', async () => {
  const server = opened.use(await startTestServer());
  const all = await seedSecrets(server, 3);
  const database = opened.use(await openDatabaseOf(server));
  const { id } = await database.prisma.user.create({ data: { name: 'lost' } });
  await database.prisma.totp.create({ data: { userId: id, secret: new Uint8Array(120) } });

  await expect(runSecretsKeyCommand(['rotate'], server.config)).rejects.toThrow(`secret of Totp ${id} was sealed with a key`);

  expect(new Set(await all())).toEqual(new Set(['opens']));
}, 180_000);

test('words that mean nothing, a key that is not there and a file that is none are told', async () => {
  const server = opened.use(await startTestServer());
  await expect(runSecretsKeyCommand([], server.config)).rejects.toMatchObject({ code: 'invalid' });
  await expect(runSecretsKeyCommand(['turn'], server.config)).rejects.toThrow('does not know what to do with turn');
  const elsewhere = { ...server.config, secretsKeyFile: join(server.directory, 'none.key') };
  await expect(runSecretsKeyCommand(['rotate'], elsewhere)).rejects.toThrow(/none\.key does not exist/);
  await writeFile(elsewhere.secretsKeyFile, 'short\n');
  await expect(runSecretsKeyCommand(['rotate'], elsewhere)).rejects.toThrow(/line 1 of .*none\.key is no key/);
}, 180_000);
