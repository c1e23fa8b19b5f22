import { join } from 'node:path';
import { type TemporaryDirectory, temporaryDirectory } from '@gantry/base/testing';
import { Database } from '@gantry/db';
import type { AuditFilter } from './audit-filter.ts';
import { AuditService } from './audit.service.ts';
import { AuditStore } from './audit.store.ts';

const here = '10000000-0000-4000-8000-000000000001';
const there = '10000000-0000-4000-8000-000000000002';
let directory: TemporaryDirectory;
let database: Database;
let audit: AuditService;
beforeAll(async () => {
  directory = await temporaryDirectory();
  database = await Database.open({ dataRoot: join(directory.path, 'data'), runRoot: join(directory.path, 'run') });
  audit = new AuditService(new AuditStore(database));
  const start = await audit.intend({ who: 'ada', action: 'ContainerStart', hostId: here, target: '/containers/Web_1/start' });
  await start.end({ outcome: 'done', status: 204, details: { took: '12 ms' } });
  const stop = await audit.intend({ who: 'ada', action: 'ContainerStop', hostId: there, target: '/containers/100%/stop' });
  await stop.end({ outcome: 'failed', status: 409 });
  await audit.note({
    who: 'bob',
    action: 'ContainerExec',
    hostId: here,
    target: '/containers/web_1/exec',
    outcome: 'denied',
    status: 403,
    details: { why: 'container:exec' },
  });
  await audit.note({ who: 'ada', action: 'login', target: '', address: '192.0.2.1', outcome: 'done' });
  await audit.intend({ who: 'eve', action: 'ContainerKill', hostId: there, target: '/containers/db/kill' });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function actions(filter: AuditFilter): Promise<string[]> {
  return (await audit.list(filter, { limit: 100 })).map(({ action }) => action);
}

test.each<[AuditFilter, string[]]>([
  [{}, ['ContainerKill', 'login', 'ContainerExec', 'ContainerStop', 'ContainerStart']],
  [{ user: 'ada' }, ['login', 'ContainerStop', 'ContainerStart']],
  [{ user: 'ad' }, []],
  [{ action: 'login' }, ['login']],
  [{ host: here }, ['ContainerExec', 'ContainerStart']],
  [{ target: 'WEB_1' }, ['ContainerExec', 'ContainerStart']],
  [{ target: '100%' }, ['ContainerStop']],
  [{ target: 'web_2' }, []],
  [{ outcome: 'denied' }, ['ContainerExec']],
  [{ outcome: 'done' }, ['login', 'ContainerStart']],
  [{ outcome: 'intended' }, ['ContainerKill']],
  [{ text: 'ADA start' }, ['ContainerStart']],
  [{ text: '12 ms' }, ['ContainerStart']],
  [{ text: 'container:exec' }, ['ContainerExec']],
  [{ text: '\'; drop table "AuditRow"; --' }, []],
  [{ since: new Date(Date.now() + 60_000) }, []],
  [{ until: new Date(Date.now() + 60_000), outcome: 'failed' }, ['ContainerStop']],
  [{ hosts: [] }, []],
  [{ hosts: [there] }, ['ContainerKill', 'ContainerStop']],
  [{ hosts: [there], host: here }, []],
  [{ hosts: [here, there], user: 'bob' }, ['ContainerExec']],
])('the log for %j', async (filter, expected) => {
  expect(await actions(filter)).toEqual(expected);
});

test('an intent is shown once, with when and how it ended and what both rows say', async () => {
  const [entry] = await audit.list({ action: 'ContainerStart' }, { limit: 1 });

  expect(entry).toMatchObject({ outcome: 'done', status: 204, details: { took: '12 ms' }, endedAt: expect.any(String) as string });
});

test('the export has both rows of a deed, for the hosts that somebody may know of alone', async () => {
  const lines = (await Array.fromAsync(audit.export({ hosts: [here] }, AbortSignal.timeout(60_000)))).join('');
  const rows = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { action: string; phase: string });

  expect(rows.map(({ action, phase }) => `${action} ${phase}`)).toEqual([
    'ContainerStart intent',
    'ContainerStart outcome',
    'ContainerExec outcome',
  ]);
});

test('control characters and turned text of others are escaped wherever they stand', async () => {
  await audit.note({ who: 'a\u009b31m', action: 'x', target: 'web\u202egnp.exe', outcome: 'done', details: { 'k\n': ['v\u001b[2J'] } });
  const lines = (await Array.fromAsync(audit.export({ action: 'x' }, AbortSignal.timeout(60_000)))).join('');

  expect(lines.trimEnd()).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(await audit.list({ action: 'x' }, { limit: 1 })).toMatchObject([
    { who: 'a\\u009b31m', target: 'web\\u202egnp.exe', details: { 'k\\u000a': ['v\\u001b[2J'] } },
  ]);
});
