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

test('matches are found in what is there, in what comes, and forgotten with the lines that go', () => {
  const ring = new LogRing(100);
  ring.push(lines(1, 50));
  const find = finderOf('LINE 4');
  const matches = new LogMatches(ring, find ?? (() => []));
  expect(matches.numbers).toEqual([4, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
  ring.push(lines(51, 100));
  matches.update();
  expect(matches.numbers.every((number) => number > ring.dropped)).toBe(true);
  ring.push([{ atMs: undefined, isError: false, text: '\x1b[31mline\x1b[0m 4' }]);
  matches.update();
  expect(matches.numbers.at(-1)).toBe(151);
});

test('a pattern stands between slashes; one that is not valid finds nothing instead of failing', () => {
  expect(finderOf('/l.ne/')?.('a LINE')).toEqual([{ from: 2, to: 6 }]);
  expect(finderOf('/(/')).toBeUndefined();
  expect(finderOf('')).toBeUndefined();
  expect(finderOf('a.b')?.('axb a.b')).toEqual([{ from: 4, to: 7 }]);
  expect(finderOf('/x*/')?.('aaa')).toEqual([]);
});

test('200,000 lines are searched in well under a second', () => {
  const ring = new LogRing();
  ring.push(lines(1, 200_000));
  const start = performance.now();
  const matches = new LogMatches(ring, finderOf('99') ?? (() => []));
  expect(matches.numbers.length).toBeGreaterThan(5000);
  expect(performance.now() - start).toBeLessThan(2000);
});
