import { container } from '../testing/index.ts';
import type { PlainRow } from './plain-row.ts';
import { changeOf, movesCounts } from './row-change.ts';

const plain: PlainRow = { ...container('a', { labels: { tier: 'web' } }), key: 3, host: 'h', link: 'live' };
const row: PlainRow = { ...plain, health: 'healthy' };

test('a change holds the fields that are not the same, each whole, and null for one that is no longer there', () => {
  const networks = [{ name: 'shop', ipv4: '172.20.0.2' }];
  expect(changeOf(row, { ...plain, revision: 2, networks })).toEqual({ key: 3, revision: 2, networks, health: null });
  expect(changeOf(plain, row)).toEqual({ key: 3, health: 'healthy' });
});

test('a row that was reported again as it was has not changed', () => {
  expect(changeOf(row, JSON.parse(JSON.stringify(row)) as PlainRow)).toBeUndefined();
});

test('only state, health and exit move the counts of a host', () => {
  expect(movesCounts({ key: 3, revision: 2, restarts: 1 })).toBe(false);
  for (const change of [{ state: 'exited' }, { health: null }, { exit: { code: 1, isOutOfMemory: false, atMs: 1 } }] as const)
    expect(movesCounts({ key: 3, ...change })).toBe(true);
});
