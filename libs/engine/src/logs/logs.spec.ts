import { appendFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { type LogRecord, nanosecondsOf, parseLogTime, shownTime } from './log-line.ts';
import { type LogQuery, readLog } from './read-log.ts';
import { logLimits } from './rotate-log.ts';
import { tailPlace } from './tail-place.ts';

const opened = closedAfterEach();
const both = { stdout: true, stderr: true };
const line = (number: number, stream = 'stdout'): string =>
  `2026-01-01T00:00:${String(number % 60).padStart(2, '0')}.000000000+00:00 ${stream} F line ${number}\n`;
const moreLines = Array.from({ length: 2000 }, (_, at) => line(10_000 + at)).join('');

async function log(text: string): Promise<string> {
  const path = join(opened.use(await temporaryDirectory()).path, 'ctr.log');
  await writeFile(path, text);
  return path;
}

async function read(path: string, query: LogQuery): Promise<string> {
  const batches = await Array.fromAsync(readLog(path, query, AbortSignal.timeout(10_000)));
  return batches
    .flat()
    .map(({ bytes }) => Buffer.from(bytes).toString())
    .join('');
}

test('a log without tail is read from its first file to its last', async () => {
  const path = await log(line(3));
  await writeFile(`${path}.10`, line(2));
  await writeFile(`${path}.9`, line(1));

  expect(await read(path, both)).toBe('line 1\nline 2\nline 3\n');
});

test('tail counts lines of the wanted stream over the borders of files and blocks', async () => {
  const numbers = Array.from({ length: 5000 }, (_, at) => at);
  const path = await log(
    numbers
      .slice(4000)
      .map((at) => line(at, at % 2 === 0 ? 'stdout' : 'stderr'))
      .join(''),
  );
  await writeFile(
    `${path}.1`,
    numbers
      .slice(0, 4000)
      .map((at) => line(at, at % 2 === 0 ? 'stdout' : 'stderr'))
      .join(''),
  );

  expect(await read(path, { ...both, tail: 2 })).toBe('line 4998\nline 4999\n');
  expect(await read(path, { stdout: false, stderr: true, tail: 1000 })).toMatch(/^line 3001\n[^]*line 4999\n$/);
  expect(await read(path, { ...both, tail: 0 })).toBe('');
  expect((await read(path, { ...both, tail: 9999 })).split('\n')).toHaveLength(5001);
});

test('the last lines are no more than were asked for, also where more is written while they are read', async () => {
  const path = await log(Array.from({ length: 5000 }, (_, at) => line(at)).join(''));
  const reading = readLog(path, { ...both, tail: 4000 }, AbortSignal.timeout(60_000));
  const first = (await reading.next()).value as LogRecord[];
  await appendFile(path, line(5000));
  const rest = await Array.fromAsync(reading);

  const texts = [first, ...rest].flat().map(({ bytes }) => Buffer.from(bytes).toString());
  expect([texts.length, texts[0], texts.at(-1)]).toEqual([4000, 'line 1000\n', 'line 4999\n']);
});

test.each<[string, (path: string, round: number) => Promise<void>]>([
  ['more is written into its file', (path) => appendFile(path, moreLines)],
  ['new files take its place', (path, round) => rename(path, `${path}.${round}`).then(() => writeFile(path, moreLines))],
])('a log that is read and not followed ends where it ended when the reading began, however fast %s', async (_, write) => {
  const numbers = Array.from({ length: 5000 }, (__, at) => at);
  const path = await log(numbers.map((at) => line(at)).join(''));
  const texts: string[] = [];
  let round = 0;
  for await (const batch of readLog(path, both, AbortSignal.timeout(60_000))) {
    texts.push(...batch.map(({ bytes }) => Buffer.from(bytes).toString()));
    if (round++ < 20) await write(path, round);
  }

  expect([texts.length, texts]).toEqual([5000, numbers.map((at) => `line ${at}\n`)]);
});

test('a log that is read and not followed ends where rotation has taken away what was to be read', async () => {
  const path = await log(line(4000));
  await writeFile(`${path}.1`, Array.from({ length: 4000 }, (_, at) => line(at)).join(''));
  const reading = readLog(path, both, AbortSignal.timeout(60_000));
  const first = (await reading.next()).value as LogRecord[];
  await rm(`${path}.1`);
  await rm(path);
  await writeFile(`${path}.3`, line(5000));
  await writeFile(path, line(5001));
  const rest = await Array.fromAsync(reading);

  const texts = [first, ...rest].flat().map(({ bytes }) => Buffer.from(bytes).toString());
  expect([texts.length, texts.at(-1)]).toEqual([4000, 'line 3999\n']);
});

test('pieces of a line are joined as they were written', async () => {
  const path = await log('2026-01-01T00:00:00.000000000+00:00 stdout P pro\n2026-01-01T00:00:00.000000000+00:00 stdout P mpt> \n');

  expect(await read(path, both)).toBe('prompt> ');
  expect(await read(path, { ...both, tail: 1 })).toBe('prompt> ');
});

test('since and until cut by time', async () => {
  const path = await log([1, 2, 3, 4].map((at) => line(at)).join(''));
  const at = (second: number): bigint => nanosecondsOf(`2026-01-01T00:00:0${second}.000000000Z`);

  expect(await read(path, { ...both, sinceNano: at(2), untilNano: at(3) })).toBe('line 2\nline 3\n');
});

test('a torn line does not hide the others', async () => {
  const path = await log(`${line(1)}\0\0\0garbage\n${line(2)}`);

  expect(await read(path, both)).toBe('line 1\nline 2\n');
});

test('a follower loses nothing over rotations and ends with the writer', async () => {
  const path = await log(line(0));
  const end = Promise.withResolvers<undefined>();
  const reading = read(path, { ...both, follow: end.promise });
  let expected = 'line 0\n';
  for (let at = 1; at <= 300; at++) {
    if (at % 50 === 0) {
      await rename(path, `${path}.${at}`);
      await appendFile(`${path}.${at}`, line(at));
      await writeFile(path, '');
    } else await appendFile(path, line(at));
    expected += `line ${at}\n`;
  }
  end.resolve(undefined);

  expect(await reading).toBe(expected);
});

test('times keep their nanoseconds', () => {
  expect(shownTime('2026-01-01T02:00:00.123456789+02:00')).toBe('2026-01-01T00:00:00.123456789Z');
  expect(shownTime('2026-01-01T00:00:00.123456789+00:00')).toBe('2026-01-01T00:00:00.123456789Z');
  expect(parseLogTime('1700000000.000000001')).toBe(1_700_000_000_000_000_001n);
  expect(parseLogTime('2026-01-01T00:00:00Z')).toBe(BigInt(Date.parse('2026-01-01T00:00:00Z')) * 1_000_000n);
  expect(parseLogTime('')).toBeUndefined();
});

test('limits are read as the json-file driver reads them', () => {
  expect(logLimits({ 'max-size': '10m', 'max-file': '3' })).toEqual({ maxBytes: 10 * 1024 * 1024, maxFiles: 3 });
  expect(logLimits({})).toEqual({ maxBytes: undefined, maxFiles: 1 });
  expect(() => logLimits({ 'max-file': 'two' })).toThrow('strconv.Atoi: parsing "two": invalid syntax');
  expect(() => logLimits({ 'max-file': '0' })).toThrow('max-file cannot be less than 1');
});

test('the end of a log is found while a rotation renames it', async () => {
  const path = await log(line(1));
  const rotating = (async () => {
    for (let round = 0; round < 200; round++) {
      await rename(path, `${path}.1`);
      await delay(1);
      await rename(`${path}.1`, path);
      await delay(1);
    }
    return true;
  })();

  for (let isOver = false; !isOver; isOver = await Promise.race([rotating, Promise.resolve(false)]))
    await tailPlace(path, { ...both, tail: 1 });

  expect(await tailPlace(path, { ...both, tail: 1 })).toEqual({ path, offset: 0 });
});
