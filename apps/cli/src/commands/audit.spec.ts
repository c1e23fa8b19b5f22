import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach } from '@gantry/base/testing';
import { startExternalPostgres } from '@gantry/db/testing';
import { gantry, RunningGantry } from '../testing/gantry.ts';
import { Person } from '../testing/person.ts';
import { makeRoots, type Roots } from '../testing/roots.ts';

const opened = closedAfterEach();

/** A server that has its owner, whose sign-in stands in the log. */
async function inUse(roots: Roots, environment: NodeJS.ProcessEnv = {}): Promise<RunningGantry> {
  const words = ['server', '--port', '0', '--listen', '127.0.0.1', ...roots.words];
  const server = opened.use(new RunningGantry(words, environment));
  const [line] = await server.says(/^\{"event":"listening".*/);
  const { url, setupCode } = JSON.parse(line) as { url: string; setupCode: string };
  const ada = await Person.meet(url);
  expect(await ada.setUp(setupCode)).toMatchObject({ status: 201 });
  expect(await ada.signIn()).toMatchObject({ status: 201 });
  return server;
}

test('the log is verified and exported beside the running server and without it, and a head that is gone or foreign is an error', async () => {
  const roots = await makeRoots(opened);
  const server = await inUse(roots);
  expect(await gantry(['audit', 'verify', ...roots.words])).toMatchObject({ status: 0, errors: '' });
  await server.end('SIGTERM');

  const { status, output } = await gantry(['audit', 'verify', ...roots.words]);
  expect([status, output]).toEqual([
    0,
    expect.stringMatching(/^the audit log is whole: (\d+) rows, .+; row \1 was signed last, at \S+\n$/),
  ]);
  const exported = await gantry(['audit', 'export', '--user', 'ada', '--action', 'login', ...roots.words]);
  expect(exported).toMatchObject({ status: 0, errors: '' });
  const rows = exported.output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows).toMatchObject([{ who: 'ada', action: 'login', outcome: 'done' }]);

  const heads = join(roots.data, 'server', 'audit-heads.jsonl');
  const content = await readFile(heads, 'utf8');
  const kept = join(roots.directory, 'kept.jsonl');
  await writeFile(kept, content);
  await rm(heads);
  expect(await gantry(['audit', 'verify', ...roots.words])).toMatchObject({ status: 1, errors: `gantry: ${heads} does not exist\n` });
  expect(await gantry(['audit', 'verify', '--heads', kept, ...roots.words])).toMatchObject({ status: 0 });
  await appendFile(kept, '{}\n');
  expect(await gantry(['audit', 'verify', '--heads', kept, ...roots.words])).toMatchObject({ status: 1 });
}, 120_000);

test('a row that somebody changed in an external database is named with status 1', async () => {
  const postgres = opened.use(await startExternalPostgres());
  const roots = await makeRoots(opened);
  const environment = { DATABASE_URL: postgres.url };
  await inUse(roots, environment);
  await postgres.query(`update "AuditRow" set address = '10.0.0.1' where sequence = 1`);

  expect(await gantry(['audit', 'verify', ...roots.words], { environment })).toMatchObject({
    status: 1,
    output: '',
    errors: 'gantry: the audit log is broken at row 1: its content was changed after it was written\n',
  });
}, 120_000);

test('wrong words are named', async () => {
  const roots = await makeRoots(opened);
  expect(await gantry(['audit'])).toMatchObject({ status: 2, errors: 'gantry: audit needs a word: verify or export\n' });
  expect(await gantry(['audit', 'sign'])).toMatchObject({ status: 2, errors: 'gantry: audit does not know what to do with sign\n' });
  expect(await gantry(['audit', 'verify', '--user', 'ada'])).toMatchObject({ status: 2, errors: 'gantry: audit verify knows no --user\n' });
  expect(await gantry(['audit', 'export', '--since', 'noon', ...roots.words])).toMatchObject({
    status: 2,
    errors: 'gantry: --since noon is not a time: expected as 2026-01-31 or 2026-01-31T12:00:00Z\n',
  });
  expect(await gantry(['audit', 'verify', ...roots.words])).toMatchObject({
    status: 1,
    errors: expect.stringContaining(`there is no server in ${roots.data}`) as string,
  });
});
