import { rowDouble, sampleDouble } from '../testing/fleet-double.ts';
import { Fleet } from './fleet.ts';
import { shownState } from './state.ts';

const row = { ...rowDouble(1, 2), state: 'running' as const };
const other = rowDouble(2, 2);

function loaded(): Fleet {
  const fleet = new Fleet();
  fleet.takeSnapshot({ epoch: 'a', sequence: 5, rows: [row, other] as never, samples: [] });
  return fleet;
}

test('a row stays the same object while it changes', () => {
  const fleet = loaded();
  const live = fleet.find(row.host, row.id);
  expect(fleet.takeMessage({ epoch: 'a', sequence: 6, upserts: [{ ...row, state: 'paused', revision: 2 }], gone: [2] })).toBe(true);
  expect(fleet.find(row.host, row.id)).toBe(live);
  expect([live?.shown, fleet.rows.size]).toEqual(['paused', 1]);
});

test('a gap or a new epoch asks for the snapshot; what is older than it changes nothing', () => {
  const fleet = loaded();
  expect(fleet.takeMessage({ epoch: 'a', sequence: 8, upserts: [], gone: [] })).toBe(false);
  expect(fleet.takeMessage({ epoch: 'b', sequence: 6, upserts: [], gone: [] })).toBe(false);
  expect(fleet.takeMessage({ epoch: 'a', sequence: 5, upserts: [], gone: [1] })).toBe(true);
  expect(fleet.rows.size).toBe(2);
});

test('a snapshot of a new epoch takes nothing over, since its keys are other slots', () => {
  const fleet = loaded();
  const before = fleet.rows.get(1);
  fleet.takeSnapshot({ epoch: 'b', sequence: 0, rows: [row] as never, samples: [] });
  expect(fleet.rows.get(1)).not.toBe(before);
  expect(fleet.rows.size).toBe(1);
});

test('a pending verb ends when the row has reached the report of its effect, not before', () => {
  const fleet = loaded();
  const live = fleet.find(row.host, row.id);
  if (!live) throw new Error('the row is there');
  live.pending = { verb: 'stop', sequence: 9 };
  fleet.takeMessage({ epoch: 'a', sequence: 6, upserts: [{ ...row, revision: 8 }], gone: [] });
  expect(live.pending).toBeDefined();
  fleet.takeMessage({ epoch: 'a', sequence: 7, upserts: [{ ...row, revision: 9, state: 'exited' }], gone: [] });
  expect(live.pending).toBeUndefined();
});

test('numbers of a container go when it stops', () => {
  const fleet = loaded();
  fleet.takeSamples([sampleDouble(row, 0), sampleDouble({ ...row, key: 99 }, 0)]);
  const live = fleet.rows.get(1);
  expect(live?.sample).toBeDefined();
  fleet.takeMessage({ epoch: 'a', sequence: 6, upserts: [{ ...row, state: 'exited' }], gone: [] });
  expect([live?.sample, live?.trail]).toEqual([undefined, []]);
});

test.each([
  [{ state: 'exited', exit: { code: 0, isOutOfMemory: false, atMs: 0 } }, 'exited'],
  [{ state: 'exited', exit: { code: 1, isOutOfMemory: false, atMs: 0 } }, 'failed'],
  [{ state: 'exited', exit: { code: 143, isOutOfMemory: false, atMs: 0 } }, 'exited'],
  [{ state: 'exited', exit: { code: 137, isOutOfMemory: true, atMs: 0 } }, 'failed'],
  [{ state: 'running', health: 'unhealthy' }, 'unhealthy'],
  [{ state: 'dead' }, 'failed'],
] as const)('%j is shown as %s', (state, shown) => {
  expect(shownState(state)).toBe(shown);
});
