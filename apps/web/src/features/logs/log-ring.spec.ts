import { LogRing } from './log-ring.ts';
import { finderOf, LogMatches } from './log-search.ts';

const lines = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ atMs: undefined, isError: false, text: `line ${from + index}` }));

test('lines are numbered from 1 and keep their numbers when old ones go', () => {
  const ring = new LogRing(100);
  ring.push(lines(1, 90));
  ring.push(lines(91, 30));
  expect(ring.length).toBeLessThanOrEqual(100);
  expect(ring.length + ring.dropped).toBe(120);
  expect(ring.at(0)).toMatchObject({ number: ring.dropped + 1, text: `line ${ring.dropped + 1}` });
  expect(ring.at(ring.length - 1)).toMatchObject({ number: 120, text: 'line 120' });
});

test('one push of more lines than fit keeps the newest', () => {
  const ring = new LogRing(10);
  ring.push(lines(1, 1000));
  expect(ring.at(ring.length - 1)?.text).toBe('line 1000');
  expect(ring.length).toBeLessThanOrEqual(10);
});

test('clearing forgets the lines but not how many there were', () => {
  const ring = new LogRing(10);
  ring.push(lines(1, 4));
  ring.clear();
  ring.push(lines(5, 1));
  expect([ring.length, ring.dropped, ring.at(0)?.number]).toEqual([1, 4, 5]);
});

test('older lines are put in front, as many as fit, and none after lines have gone', () => {
  const ring = new LogRing(10);
  ring.push(lines(6, 5));
  ring.prepend(lines(4, 2));
  expect(ring.slice(0, 3).map((line) => [line.text, ring.place(line)])).toEqual([
    ['line 4', 1],
    ['line 5', 2],
    ['line 6', 3],
  ]);
  ring.prepend(lines(-5, 9));
  expect([ring.length, ring.at(0)?.text, ring.dropped]).toEqual([10, 'line 1', 0]);
  ring.push(lines(11, 1));
  ring.prepend(lines(0, 1));
  expect(ring.at(0)?.text).not.toBe('line 0');
});

test('lines without end do not fill the memory: their characters are bounded, too', () => {
  const ring = new LogRing();
  const text = 'x'.repeat(64 * 1024);
  for (let round = 0; round < 30; round++) ring.push(Array.from({ length: 100 }, () => ({ atMs: undefined, isError: false, text })));
  expect(ring.length * text.length).toBeLessThanOrEqual(64 * 1024 ** 2);
  expect(ring.length).toBeGreaterThan(500);
  expect(ring.length + ring.dropped).toBe(3000);
});

test('matches are found in what is there, in what comes, and forgotten with the lines that go', () => {
  const ring = new LogRing(100);
  ring.push(lines(1, 50));
  const find = finderOf('LINE 4');
  const matches = new LogMatches(ring, find ?? (() => []));
  expect(matches.advance()).toBe(true);
  expect(matches.numbers).toEqual([4, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
  ring.push(lines(51, 100));
  matches.advance();
  expect(matches.numbers.every((number) => number >= ring.first)).toBe(true);
  ring.push([{ atMs: undefined, isError: false, text: '\x1b[31mline\x1b[0m 4' }]);
  matches.advance();
  expect(matches.numbers.at(-1)).toBe(151);
});

test('a pattern stands between slashes; one that is not valid finds nothing instead of failing', () => {
  expect(finderOf('/l.ne/')?.('a LINE')).toEqual([{ from: 2, to: 6 }]);
  expect(finderOf('/(/')).toBeUndefined();
  expect(finderOf('')).toBeUndefined();
  expect(finderOf('a.b')?.('axb a.b')).toEqual([{ from: 4, to: 7 }]);
  expect(finderOf('/x*/')?.('aaa')).toEqual([]);
});

test('a search that takes long goes on where it stopped, and finds each line once', () => {
  const ring = new LogRing();
  ring.push(lines(1, 100_000));
  const matches = new LogMatches(ring, finderOf('line') ?? (() => []));
  let slices = 1;
  while (!matches.advance(1)) slices++;
  expect(slices).toBeGreaterThan(1);
  expect(matches.numbers).toHaveLength(100_000);
});

test('200,000 lines are searched in well under a second', () => {
  const ring = new LogRing();
  ring.push(lines(1, 200_000));
  const before = process.cpuUsage();
  const matches = new LogMatches(ring, finderOf('99') ?? (() => []));
  matches.advance();
  expect(matches.numbers.length).toBeGreaterThan(5000);
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
});
