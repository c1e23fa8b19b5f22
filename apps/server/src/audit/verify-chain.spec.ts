import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, type TemporaryDirectory, temporaryDirectory } from '@gantry/base/testing';
import { Database } from '@gantry/db';
import { Identity } from '@gantry/link';
import { signHead } from './audit-head.ts';
import { chainHash } from './audit-row.ts';
import { AuditService } from './audit.service.ts';
import { AuditStore } from './audit.store.ts';
import { exportLine } from './export-rows.ts';
import { appendHead, readHeads } from './head-file.ts';
import { type Verdict, verifyChain } from './verify-chain.ts';

const opened = closedAfterEach();
const identity = Identity.generate();
const limit = AbortSignal.timeout(120_000);
let directory: TemporaryDirectory;
let database: Database;
let store: AuditStore;
beforeAll(async () => {
  directory = await temporaryDirectory();
  database = await Database.open({ dataRoot: join(directory.path, 'data'), runRoot: join(directory.path, 'run') });
  store = new AuditStore(database);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** A log of as many rows, and a file of heads in which the newest row is signed. */
async function logOf(rows: number): Promise<string> {
  await database.prisma.$executeRaw`truncate "AuditRow"`;
  const { path } = opened.use(await temporaryDirectory());
  await write(rows, 'web');
  const heads = join(path, 'server', 'audit-heads.jsonl');
  await sign(heads);
  return heads;
}

async function write(rows: number, target: string): Promise<void> {
  const audit = new AuditService(store);
  const deeds = Array.from({ length: rows }, (_, number) => ({ who: 'ada', action: 'ContainerStart', target: `${target}-${number}` }));
  await Promise.all(deeds.map((deed) => audit.note({ ...deed, outcome: 'done', details: { b: [1, { z: 1, a: 2.5 }], a: 'ü' } })));
}

async function sign(heads: string): Promise<void> {
  await appendHead(heads, signHead(await store.newest(), identity));
}

function verify(heads: string, key = identity.publicKey): Promise<Verdict> {
  return verifyChain(store.rows({}, limit), readHeads(heads, key));
}

function tamper(sql: string): Promise<number> {
  return database.prisma.$executeRawUnsafe(sql);
}

/** What somebody does who knows how the chain is made: every hash from a row on is made anew. */
async function rechain(from: number): Promise<void> {
  let hash: Uint8Array | undefined;
  for await (const row of store.rows({}, limit)) {
    if (Number(row.sequence) >= from && hash) {
      hash = chainHash(hash, row);
      await database.prisma.$executeRaw`update "AuditRow" set hash = ${hash} where sequence = ${row.sequence}`;
    } else hash = row.hash;
  }
}

test('a log that nobody touched is whole over several pages, and rows after the signed head are chained as well', async () => {
  const heads = await logOf(2300);
  await write(5, 'later');

  expect(await verify(heads)).toMatchObject({ kind: 'whole', rows: 2305, signed: { sequence: 2300 } });
  expect((await stat(heads)).mode & 0o777).toBe(0o600);
});

test.each(['who', 'action', 'target', 'outcome', 'phase', 'address'] as const)('a row whose %s was changed is named', async (column) => {
  const heads = await logOf(40);
  await tamper(`update "AuditRow" set "${column}" = 'x' where sequence = 17`);

  expect(await verify(heads)).toEqual({ kind: 'broken', row: 17, why: 'its content was changed after it was written' });
});

test.each([
  ['a time', `at = at + interval '1 millisecond'`],
  ['a time that is none', `at = 'infinity'`],
  ['details', `details = '{"a": "ü", "b": [1, {"a": 2, "z": 1}]}'`],
  ['the request', `request = gen_random_uuid()`],
  ['the person', `"userId" = gen_random_uuid()`],
  ['the host', `"hostId" = gen_random_uuid()`],
  ['the status', `status = 200`],
])('%s that was changed is found', async (_, change) => {
  const heads = await logOf(40);
  await tamper(`update "AuditRow" set ${change} where sequence = 17`);

  expect(await verify(heads)).toMatchObject({ kind: 'broken', row: 17 });
});

test('the order of the keys in the details is the one thing that may differ: a database may choose it', async () => {
  const heads = await logOf(3);
  await tamper(`update "AuditRow" set details = '{"b": [1, {"z": 1, "a": 2.5}], "a": "ü"}' where sequence = 2`);

  expect(await verify(heads)).toMatchObject({ kind: 'whole' });
});

test('a changed hash is found, in the middle and at the end', async () => {
  const heads = await logOf(40);
  await tamper(`update "AuditRow" set hash = sha256('x') where sequence = 40`);
  expect(await verify(heads)).toMatchObject({ row: 40, why: expect.stringContaining('does not follow from row 39') as string });
  await tamper(`update "AuditRow" set hash = sha256('x') where sequence = 17`);
  expect(await verify(heads)).toMatchObject({ row: 17, why: expect.stringContaining('does not follow from row 16') as string });
});

test('a removed row is missing, also the first one, one at the edge of a page, and several', async () => {
  for (const [removed, why] of [
    ['30', 'it is missing'],
    ['1', 'it is missing'],
    ['1000', 'it is missing'],
    ['1001', 'it is missing'],
    ['7, 8, 9', 'it is missing, and so are those up to row 9'],
  ] as const) {
    const heads = await logOf(1010);
    await tamper(`delete from "AuditRow" where sequence in (${removed})`);
    expect(await verify(heads)).toEqual({ kind: 'broken', row: Number.parseInt(removed, 10), why });
  }
});

test('a removed row whose gap was closed is found where the chain parts', async () => {
  const heads = await logOf(40);
  await tamper(`delete from "AuditRow" where sequence = 30`);
  await tamper(`update "AuditRow" set sequence = -sequence where sequence > 30`);
  await tamper(`update "AuditRow" set sequence = -sequence - 1 where sequence < 0`);

  expect(await verify(heads)).toMatchObject({ row: 30, why: expect.stringContaining('does not follow from row 29') as string });
});

test('an inserted row is found: at the start, in the middle, behind the end, with a hash of its own or a stolen one', async () => {
  const columns = 'request, phase, at, who, action, target, outcome, details, hash';
  const copy = (sequence: string, hash: string): string =>
    `insert into "AuditRow" (sequence, ${columns}) select ${sequence}, gen_random_uuid(), phase, at, 'eve', action, target, outcome, details, ${hash} from "AuditRow" where sequence = 10`;
  const heads = await logOf(40);
  await tamper(copy('0', 'hash'));
  expect(await verify(heads)).toEqual({ kind: 'broken', row: 0, why: 'it does not belong to the log: rows count from 1' });
  await tamper(`delete from "AuditRow" where sequence = 0`);
  await tamper(copy('41', 'hash'));
  expect(await verify(heads)).toMatchObject({ row: 41 });
  await tamper(`delete from "AuditRow" where sequence = 41`);
  expect(await verify(heads)).toMatchObject({ kind: 'whole' });

  await tamper(`update "AuditRow" set sequence = -sequence where sequence > 20`);
  await tamper(`update "AuditRow" set sequence = -sequence + 1 where sequence < 0`);
  await tamper(copy('21', `sha256('x')`));
  expect(await verify(heads)).toMatchObject({ row: 21, why: expect.stringContaining('inserted') as string });
});

test('two rows that changed places are found', async () => {
  const heads = await logOf(40);
  await tamper(`update "AuditRow" set sequence = case sequence when 12 then -25 else -12 end where sequence in (12, 25)`);
  await tamper(`update "AuditRow" set sequence = -sequence where sequence < 0`);

  expect(await verify(heads)).toMatchObject({ row: 12, why: expect.stringContaining('moved') as string });
});

test('an end that was cut off is found by the signed head, and by the later head of a log that went on', async () => {
  const heads = await logOf(40);
  await tamper(`delete from "AuditRow" where sequence > 31`);
  expect(await verify(heads)).toMatchObject({
    row: 32,
    why: expect.stringMatching(/^the log ends before it, but row 40 was signed at /) as string,
  });

  await write(3, 'later');
  await sign(heads);
  expect(await verify(heads)).toMatchObject({ row: 35, why: expect.stringContaining('it was cut off in between') as string });
  await write(20, 'later');
  expect(await verify(heads)).toMatchObject({ row: 40, why: expect.stringContaining('it is not the row that was signed') as string });
  await tamper(`truncate "AuditRow"`);
  expect(await verify(heads)).toMatchObject({ kind: 'broken', row: 35 });
});

test('a log that was emptied is cut off from its first row on', async () => {
  const heads = await logOf(4);
  await tamper(`truncate "AuditRow"`);

  expect(await verify(heads)).toMatchObject({ row: 1, why: expect.stringContaining('row 4 was signed') as string });
});

test('a chain that was made anew after a change is not the one that was signed', async () => {
  const heads = await logOf(20);
  await write(20, 'later');
  await sign(heads);
  await tamper(`update "AuditRow" set who = 'eve' where sequence = 33`);
  await rechain(33);

  const verdict = await verify(heads);

  expect(verdict).toMatchObject({ kind: 'broken', row: 40 });
  expect(verdict).toMatchObject({ why: expect.stringContaining('rewritten somewhere after row 20') as string });
});

test('a head that somebody else signed, that was changed or that is no head is named by its line; a line that a power cut left unfinished is none', async () => {
  const heads = await logOf(4);
  const content = await readFile(heads, 'utf8');
  await appendFile(heads, content.slice(0, 40));
  expect(await verify(heads)).toMatchObject({ kind: 'whole', signed: { sequence: 4 } });
  await sign(heads);
  expect((await readFile(heads, 'utf8')).split('\n')).toHaveLength(3);

  await expect(verify(heads, Identity.generate().publicKey)).rejects.toThrow(
    `line 1 of ${heads} is not a head that this installation signed`,
  );
  await writeFile(heads, content.replace('"sequence":4', '"sequence":3'));
  await expect(verify(heads)).rejects.toMatchObject({ code: 'precondition' });
  await writeFile(heads, `${content}{}\n`);
  await expect(verify(heads)).rejects.toThrow(`line 2 of ${heads}`);
  await expect(verify(join(directory.path, 'none'))).rejects.toMatchObject({ code: 'not-found' });
});

test('an exported row has every field of the chain under a stable name, and its hash can be made again from them', async () => {
  await logOf(2);
  const [row] = await Array.fromAsync(store.rows({ action: 'ContainerStart', user: 'ada' }, limit));
  if (!row) throw new Error('no row');

  const line = JSON.parse(exportLine(row)) as Record<string, unknown>;

  expect(Object.keys(line)).toEqual([
    'sequence',
    'request',
    'phase',
    'at',
    'userId',
    'who',
    'action',
    'hostId',
    'target',
    'outcome',
    'status',
    'address',
    'details',
    'hash',
  ]);
  expect(line).toMatchObject({ sequence: 1, phase: 'outcome', who: 'ada', userId: null, outcome: 'done' });
  expect(await Array.fromAsync(store.rows({ user: 'eve' }, limit))).toEqual([]);
  expect(await Array.fromAsync(store.rows({ until: row.at }, limit))).toEqual([]);
  expect(await Array.fromAsync(store.rows({ since: row.at }, limit))).toHaveLength(2);
});
