import { readFile, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { closedAfterEach, eventually, temporaryDirectory } from '@gantry/base/testing';
import { CastWriter, mostOutputBytes } from './cast-writer.ts';

const opened = closedAfterEach();
const head = { columns: 80, rows: 24, startedAt: new Date('2026-11-30T12:00:00Z'), title: 'ada @ web' };

async function path(): Promise<string> {
  return join(opened.use(await temporaryDirectory()).path, 'recordings', '1.cast.gz');
}

async function linesIn(file: string): Promise<unknown[]> {
  return gunzipSync(await readFile(file))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

test('what was shown can be read back while the recording is open: a server that is killed loses two seconds', async () => {
  const file = await path();
  const writer = await CastWriter.create(file, head);
  expect(await linesIn(file)).toEqual([
    { version: 2, width: 80, height: 24, timestamp: 1_796_040_000, title: 'ada @ web', env: { TERM: 'xterm-256color' } },
  ]);

  await writer.output(Buffer.from('one'));
  await eventually(async () => expect(await linesIn(file)).toMatchObject([{}, [expect.any(Number), 'o', 'one']]));

  await writer.output(Buffer.from('two'));
  const { sha256, sizeBytes, isTruncated } = await writer.close();
  const content = await readFile(file);
  expect([sha256, sizeBytes, isTruncated]).toEqual([createHash('sha256').update(content).digest('hex'), content.length, false]);
  expect(await linesIn(file)).toHaveLength(3);
});

test('more than is kept of one terminal is cut off, and the recording says so', async () => {
  const file = await path();
  const writer = await CastWriter.create(file, head);
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  for (let written = 0; written <= mostOutputBytes; written += chunk.length) await writer.output(chunk);
  await writer.output(Buffer.from('hidden'));
  writer.resized(1, 1);

  expect(await writer.close()).toMatchObject({ isTruncated: true });
  const lines = await linesIn(file);
  expect(lines.at(-1)).toMatchObject([expect.any(Number), 'm', expect.stringContaining('ends here')]);
  expect(JSON.stringify(lines.slice(-2))).not.toContain('hidden');
}, 180_000);

test('a recording that is to be whole refuses what it has no room for, and says that it ends', async () => {
  const file = await path();
  const writer = await CastWriter.create(file, { ...head, isWhole: true });
  await writer.output(Buffer.from('shown'));
  await expect(writer.output(Buffer.alloc(mostOutputBytes, 'x'))).rejects.toMatchObject({ code: 'exhausted' });
  await expect(writer.output(Buffer.from('more'))).rejects.toMatchObject({ code: 'exhausted' });

  expect(await writer.close()).toMatchObject({ isTruncated: true });
  expect((await linesIn(file)).slice(1)).toEqual([
    [expect.any(Number), 'o', 'shown'],
    [expect.any(Number), 'm', expect.stringContaining('ends here')],
  ]);
});

test('a file that is there is never written over', async () => {
  const file = await path();
  const first = await CastWriter.create(file, head);
  await first.close();
  await writeFile(`${file}.kept`, await readFile(file));

  await expect(CastWriter.create(file, head)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(file)).toEqual(await readFile(`${file}.kept`));
});
