import { goDuration } from './go-duration.ts';
import { healthCheckOf, mergedHealthcheck } from './health-check.ts';
import { afterProbe, type Health, probeDelayMs, type ProbeResult } from './health-state.ts';
import { ProbeOutput } from './probe-output.ts';

const check = { command: ['true'], intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, startIntervalMs: 5000, retries: 3 };
const starting: Health = { status: 'starting', failingStreak: 0, log: [] };
const result = (exitCode: number, atMs = 1000): ProbeResult => ({ startMs: atMs, endMs: atMs + 10, exitCode, output: '' });
const after = (codes: readonly number[], { from = starting, startPeriodMs = 0 } = {}): Health =>
  codes.reduce<Health>((health, code) => afterProbe(health, result(code), { check: { ...check, startPeriodMs }, startedAtMs: 0 }), from);

test('three failures in a row are unhealthy, one success is healthy', () => {
  expect(after([1, 1])).toMatchObject({ status: 'starting', failingStreak: 2 });
  expect(after([1, 1, -1])).toMatchObject({ status: 'unhealthy', failingStreak: 3 });
  expect(after([1, 1, 1, 0])).toMatchObject({ status: 'healthy', failingStreak: 0 });
  expect(after([0, 1, 1])).toMatchObject({ status: 'healthy', failingStreak: 2 });
});

test('failures in the start period count for nothing until the first success', () => {
  expect(after([1, 1, 1, 1], { startPeriodMs: 60_000 })).toMatchObject({ status: 'starting', failingStreak: 0 });
  expect(after([0, 1, 1, 1], { startPeriodMs: 60_000 })).toMatchObject({ status: 'unhealthy', failingStreak: 3 });
});

test('the last five results are kept', () => {
  expect(after([1, 2, 3, 4, 5, 6]).log.map(({ exitCode }) => exitCode)).toEqual([2, 3, 4, 5, 6]);
});

test('in its start period a container that was never well is probed at the start interval', () => {
  const slow = { ...check, startPeriodMs: 60_000 };

  expect(probeDelayMs(starting, slow, 1000)).toBe(5000);
  expect(probeDelayMs({ ...starting, status: 'healthy' }, slow, 1000)).toBe(30_000);
  expect(probeDelayMs(starting, slow, 60_000)).toBe(30_000);
  expect(probeDelayMs(starting, check, 0)).toBe(30_000);
});

test('a check is a command, a line for the shell of the image, or none', () => {
  expect(healthCheckOf({ Healthcheck: { Test: ['CMD', 'a', 'b'], Interval: 1_500_000_000, Retries: 1 } })).toEqual({
    ...check,
    command: ['a', 'b'],
    intervalMs: 1500,
    retries: 1,
  });
  expect(healthCheckOf({ Healthcheck: { Test: ['CMD-SHELL', 'a b'] } })?.command).toEqual(['/bin/sh', '-c', 'a b']);
  expect(healthCheckOf({ Healthcheck: { Test: ['CMD-SHELL', 'a'] }, Shell: ['/bin/bash', '-ec'] })?.command).toEqual([
    '/bin/bash',
    '-ec',
    'a',
  ]);
  for (const Test of [['NONE'], ['ODD', 'x'], ['CMD'], []]) expect(healthCheckOf({ Healthcheck: { Test } })).toBeUndefined();
  expect(healthCheckOf({})).toBeUndefined();
});

test("a request's check is laid over its image's, field by field", () => {
  const image = { Test: ['CMD', 'a'], Interval: 5e9, Retries: 2 };

  expect(mergedHealthcheck({ Interval: 7e9, Timeout: 0, Test: [] }, image)).toEqual({ Test: ['CMD', 'a'], Interval: 7e9, Retries: 2 });
  expect(mergedHealthcheck({ Test: ['NONE'] }, image)).toEqual({ ...image, Test: ['NONE'] });
  expect(mergedHealthcheck(undefined, image)).toEqual(image);
  expect(mergedHealthcheck(undefined, undefined)).toBeUndefined();
});

test.each([
  [{ Interval: 10 }, 'Interval in Healthcheck cannot be less than 1ms'],
  [{ StartPeriod: 999_999 }, 'StartPeriod in Healthcheck cannot be less than 1ms'],
  [{ Timeout: -1 }, 'Timeout in Healthcheck cannot be less than 1ms'],
  [{ Retries: -1 }, 'Retries in Healthcheck cannot be negative'],
])('the check %j is refused', (requested, message) => {
  expect(() => mergedHealthcheck(requested, undefined)).toThrow(message);
});

test('of what a probe says 4096 bytes are kept', () => {
  const output = new ProbeOutput();
  output.add(Buffer.alloc(4000, 'a'));
  output.add(Buffer.alloc(96, 'b'));
  expect(output.text).toHaveLength(4096);

  output.add(Buffer.from('c'));
  expect(output.text.slice(4094)).toBe('bb...');
});

test.each([
  [500, '500ms'],
  [1500, '1.5s'],
  [90_000, '1m30s'],
  [60_000, '1m0s'],
  [3_600_000, '1h0m0s'],
])('%d ms is %s', (ms, text) => {
  expect(goDuration(ms)).toBe(text);
});
