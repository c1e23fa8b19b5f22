import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import type { ReportBody } from './report.ts';
import { Spool } from './spool.ts';

const opened = closedAfterEach();
const event = (): ReportBody => ({
  kind: 'event',
  body: { type: 'container', action: 'x'.repeat(100), actorId: 'c', attributes: {}, atMs: 1 },
});
const directory = async (): Promise<string> => opened.use(await temporaryDirectory()).path;

async function numbers(spool: Spool, after = 0): Promise<number[]> {
  await spool.flushed();
  const found: number[] = [];
  for await (const { sequence } of spool.after(after, AbortSignal.timeout(60_000))) {
    found.push(sequence);
    if (sequence === spool.nextSequence - 1) break;
  }
  return found;
}

test('reports survive the agent, and numbers are never given twice', async () => {
  const path = await directory();
  const before = opened.use(await Spool.open(path));
  before.append(event);
  before.append(event);
  await before.flushed();

  const after = opened.use(await Spool.open(path));

  expect(after.append(event)).toBe(3);
  expect(await numbers(after)).toEqual([1, 2, 3]);
});

test('numbers go on after everything was acknowledged and the agent was started again', async () => {
  const path = await directory();
  const before = opened.use(await Spool.open(path));
  before.append(event);
  await before.flushed();
  await before.acknowledge(1);

  expect(opened.use(await Spool.open(path)).nextSequence).toBe(2);
});

test('acknowledged reports leave the disk but for the newest file', async () => {
  const path = await directory();
  const spool = opened.use(await Spool.open(path, { segmentBytes: 300 }));
  for (let count = 0; count < 10; count += 1) {
    spool.append(event);
    await spool.flushed();
  }
  expect((await readdir(path)).length).toBeGreaterThan(2);

  await spool.acknowledge(10);

  expect(await readdir(path)).toHaveLength(1);
});

test('where the server stays away too long the oldest reports are given up', async () => {
  const spool = opened.use(await Spool.open(await directory(), { segmentBytes: 300, totalBytes: 1000 }));
  for (let count = 0; count < 20; count += 1) {
    spool.append(event);
    await spool.flushed();
  }

  const kept = await numbers(spool);

  expect(kept.at(-1)).toBe(20);
  expect(kept[0]).toBeGreaterThan(10);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => (kept[0] ?? 0) + index));
});

test('what a failing disk refused is written when it works again', async () => {
  const path = await directory();
  const spool = opened.use(await Spool.open(join(path, 'spool')));
  await rm(join(path, 'spool'), { recursive: true });
  spool.append(event);
  await expect(spool.flushed()).rejects.toMatchObject({ code: 'internal' });

  await mkdir(join(path, 'spool'));
  spool.append(event);

  expect(await numbers(spool)).toEqual([1, 2]);
});

test('a line that a power cut tore is left out', async () => {
  const path = await directory();
  const before = opened.use(await Spool.open(path));
  before.append(event);
  await before.flushed();
  const [name = ''] = await readdir(path);
  await appendFile(join(path, name), '{"sequence":2,"at');

  expect(await numbers(opened.use(await Spool.open(path)))).toEqual([1]);
});

test('a server that knows more than the spool raises the numbers', async () => {
  const spool = opened.use(await Spool.open(await directory()));

  spool.raise(41);

  expect(spool.append(event)).toBe(42);
});
