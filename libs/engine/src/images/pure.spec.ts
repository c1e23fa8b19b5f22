import { globMatches } from './glob.ts';
import { parseMoment } from './moment.ts';
import { humanSize, ProgressQueue, progressOf } from './progress.ts';

test.each([
  ['app', 'app', true],
  ['app*', 'app:1', true],
  ['*', 'team/app', false],
  ['*/*', 'team/app', true],
  ['a?p', 'app', true],
  ['a?p', 'a/p', false],
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['\\*', '*', true],
  ['**b', 'aab', true],
  ['a*b*c', 'axxbyyc', true],
  ['a*b*c', 'axxbyy', false],
  ['', '', true],
  ['[a', 'a', undefined],
  ['\\', 'a', undefined],
])('the pattern %j on %j: %p', (pattern, text, matches) => {
  expect(globMatches(pattern, text)).toBe(matches);
});

test('a hostile pattern costs no time', () => {
  const began = performance.now();
  expect(globMatches('a*'.repeat(200), 'a'.repeat(5000) + 'b/')).toBe(false);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test.each([
  ['1700000000', 1_700_000_000_000],
  ['1700000000.5', 1_700_000_000_500],
  ['10m', 400_000],
  ['1m30s', 910_000],
  ['1970-01-01T00:00:01Z', 1000],
])('%s is a moment', (text, ms) => {
  expect(parseMoment(text, 1_000_000)).toBe(ms);
});

test.each(['', 'soon', '5x', '10m!'])('%j is none', (text) => {
  expect(() => parseMoment(text)).toThrow('failed to parse');
});

test('bars look as those of docker', () => {
  expect(progressOf('abc', 'Downloading', { current: 32_770, total: 2_900_000 }).progress).toBe(`[>${' '.repeat(50)}]  32.77kB/2.9MB`);
  expect(progressOf('abc', 'Downloading', { current: 50, total: 100 }).progress).toBe(
    `[${'='.repeat(25)}>${' '.repeat(25)}]      50B/100B`,
  );
  expect([humanSize(0), humanSize(999), humanSize(123_456_789)]).toEqual(['0B', '999B', '123.5MB']);
});

test('a slow reader of progress gets the newest position of each object, and all else in order', async () => {
  const queue = new ProgressQueue();
  queue.run(async () => {
    queue.say({ status: 'first' });
    for (let current = 0; current < 1000; current++) queue.say(progressOf('a', 'Downloading', { current, total: 999 }));
    queue.say({ status: 'last' });
    await Promise.reject(new Error('broken'));
  });
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const message of queue) seen.push(message.progressDetail ?? message.status);
  })();
  await expect(reading).rejects.toThrow('broken');
  expect(seen).toEqual(['first', { current: 999, total: 999 }, 'last']);
});
