import { shortDigest, shortId } from './ids.ts';
import { bytes, parseBytes, percent, rate, share, shortRate } from './quantities.ts';
import { ago, clock, duration } from './times.ts';

test('sizes count in 1024, rates in 1000, with at most one digit behind the point', () => {
  expect([0, 1023, 1024, 1.8 * 1024 ** 3, 1023.99 * 1024, 5e15].map(bytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.8 GiB',
    '1.0 MiB',
    '4.4 PiB',
  ]);
  expect([0, 999, 2_100_000, 340_000].map(rate)).toEqual(['0 B/s', '999 B/s', '2.1 MB/s', '340 KB/s']);
  expect([745_000, 1_300_000, 12].map(shortRate)).toEqual(['745K', '1.3M', '12']);
});

test('CPU is written as docker stats has it: a core is 100 %', () => {
  expect([0, 892, 999, 1086, 23_456].map(percent)).toEqual(['0.0%', '89.2%', '99.9%', '109%', '2346%']);
  expect(share(0.414)).toBe('41%');
});

test('sizes are read as the docker CLI reads them', () => {
  expect(['512m', '1.5g', '2GiB', '300k', '4096', '1t', 'x', '', '-1'].map(parseBytes)).toEqual([
    536_870_912,
    1_610_612_736,
    2_147_483_648,
    307_200,
    4096,
    1_099_511_627_776,
    undefined,
    undefined,
    undefined,
  ]);
});

test('a duration shows its two largest units', () => {
  expect([5000, 61_000, 15_000_000, 2_772_000_000, -5].map(duration)).toEqual(['5s', '1m', '4h 10m', '32d 2h', '0s']);
});

test('an age is said in the words of the language', () => {
  expect([ago(0, 240_000, 'en'), ago(0, 240_000, 'zh-CN')]).toEqual(['4 min. ago', '4分钟前']);
});

test('a clock has two digits everywhere', () => {
  expect(clock(new Date(2026, 0, 1, 9, 4, 2).getTime())).toBe('09:04:02');
});

test('ids and digests are cut where everybody cuts them', () => {
  expect(shortId(`sha256:${'ab'.repeat(32)}`)).toBe('abababababab');
  expect(shortDigest(`sha256:9f2c${'0'.repeat(56)}b71e`)).toBe('sha256:9f2c…b71e');
});
