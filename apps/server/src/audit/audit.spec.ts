import { join } from 'node:path';
import { type TemporaryDirectory, temporaryDirectory } from '@gantry/base/testing';
import { Database } from '@gantry/db';
import { printable } from './audit-row.ts';
import { AuditService } from './audit.service.ts';
import { AuditStore } from './audit.store.ts';
import { type Verdict, verifyChain } from './verify-chain.ts';

let directory: TemporaryDirectory;
let database: Database;
beforeAll(async () => {
  directory = await temporaryDirectory();
  database = await Database.open({ dataRoot: join(directory.path, 'data'), runRoot: join(directory.path, 'run') });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function openLog(): Promise<{ store: AuditStore; audit: AuditService }> {
  await database.prisma.$executeRaw`truncate "AuditRow"`;
  const store = new AuditStore(database);
  return { store, audit: new AuditService(store) };
}

async function verdictOn(store: AuditStore): Promise<Verdict> {
  return verifyChain(store.rows({}, AbortSignal.timeout(60_000)), (async function* () {})());
}

const deed = { who: 'ada', action: 'ContainerStart', target: 'web', details: { b: 1, a: { d: ['x'], c: null } } };

test('many deeds at once make one chain', async () => {
  const { store, audit } = await openLog();
  await Promise.all(
    Array.from({ length: 60 }, async (_, number) => {
      const intent = await audit.intend({ ...deed, target: `web-${number}` });
      await intent.end({ outcome: number % 2 ? 'done' : 'failed', status: 204 });
    }),
  );

  expect(await database.prisma.auditRow.count()).toBe(120);
  expect(await verdictOn(store)).toMatchObject({ kind: 'whole', rows: 120 });
});

test('a deed whose outcome was never written is unknown after a restart, and ends once', async () => {
  const { store, audit } = await openLog();
  await audit.intend(deed);
  const finished = await audit.intend(deed);
  await finished.end({ outcome: 'done', status: 204 });
  await finished.end({ outcome: 'failed' });
  expect(await audit.list({}, { limit: 9 })).toMatchObject([{ outcome: 'done', status: 204 }, { outcome: 'intended' }]);

  await new AuditService(store).onApplicationBootstrap();
  await new AuditService(store).onApplicationBootstrap();

  expect((await audit.list({}, { limit: 9 })).map(({ outcome }) => outcome)).toEqual(['done', 'unknown']);
  expect(await verdictOn(store)).toMatchObject({ kind: 'whole' });
});

test('pages follow one another without a gap, denied deeds among them', async () => {
  const { audit } = await openLog();
  for (let number = 0; number < 5; number++) await audit.note({ ...deed, target: String(number), outcome: 'denied' });

  const first = await audit.list({}, { limit: 2 });
  const second = await audit.list({}, { limit: 9, before: first.at(-1)?.sequence });
  expect([...first, ...second].map(({ target }) => target)).toEqual(['4', '3', '2', '1', '0']);
});

test('without a database nothing may be done', async () => {
  await using gone = await Database.open({ dataRoot: join(directory.path, 'data2'), runRoot: join(directory.path, 'run2') });
  const audit = new AuditService(new AuditStore(gone));
  await gone[Symbol.asyncDispose]();

  await expect(audit.intend(deed)).rejects.toMatchObject({ code: 'unavailable' });
});

test('names of others cannot forge a line', () => {
  expect(printable('web\n2026-01-01 ada: ok\u001b[31m\u2028')).toBe('web\\u000a2026-01-01 ada: ok\\u001b[31m\\u2028');
  expect(printable('\ud800x')).toBe('\ufffdx');
  expect(printable('x'.repeat(600))).toHaveLength(513);
});
