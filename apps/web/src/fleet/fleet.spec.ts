import type { FleetNumbers } from '@gantry/contract';
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
  expect(fleet.takeMessage({ epoch: 'a', sequence: 6, upserts: [{ ...row, state: 'paused', revision: 2 }], changes: [], gone: [2] })).toBe(
    true,
  );
  expect(fleet.find(row.host, row.id)).toBe(live);
  expect([live?.shown, fleet.rows.size]).toEqual(['paused', 1]);
});

test('of a change only what it holds is taken over, null takes a field away, and whoever reads the row sees it', () => {
  const fleet = loaded();
  const live = fleet.find(row.host, row.id);
  fleet.takeMessage({
    epoch: 'a',
    sequence: 6,
    upserts: [],
    changes: [{ key: 1, restarts: 3, health: 'unhealthy', exit: null }],
    gone: [],
  });
  const { exit: gone, ...rest } = row;
  expect([live?.row, live?.shown, gone]).toEqual([{ ...rest, restarts: 3, health: 'unhealthy' }, 'unhealthy', undefined]);
  fleet.takeMessage({
    epoch: 'a',
    sequence: 7,
    upserts: [],
    changes: [
      { key: 1, health: null },
      { key: 99, restarts: 1 },
    ],
    gone: [],
  });
  expect([live && 'health' in live.row, live?.shown, fleet.rows.size]).toEqual([false, 'running', 2]);
});

test('numbers come in columns, some at a time', () => {
  const fleet = loaded();
  const [a, b] = [sampleDouble(row, 0), sampleDouble({ ...other, state: 'running' }, 0)];
  const columns = Object.fromEntries(Object.entries(a).map(([field, value]) => [field, [value, b[field as 'key']]]));
  const numbers = { epoch: 'a', ...columns } as FleetNumbers;
  fleet.takeNumbers({ ...numbers, epoch: 'b' });
  expect(fleet.rows.get(2)?.sample).toBeUndefined();
  fleet.takeNumbers(numbers, 1, 2);
  expect([fleet.rows.get(1)?.sample, fleet.rows.get(2)?.sample]).toEqual([undefined, b]);
  fleet.takeNumbers(numbers, 0, 1);
  expect(fleet.rows.get(1)?.sample).toEqual(a);
});

test('a gap or a new epoch asks for the snapshot; what is older than it changes nothing', () => {
  const fleet = loaded();
  expect(fleet.takeMessage({ epoch: 'a', sequence: 8, upserts: [], changes: [], gone: [] })).toBe(false);
  expect(fleet.takeMessage({ epoch: 'b', sequence: 6, upserts: [], changes: [], gone: [] })).toBe(false);
  expect(fleet.takeMessage({ epoch: 'a', sequence: 5, upserts: [], changes: [], gone: [1] })).toBe(true);
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
  fleet.takeMessage({ epoch: 'a', sequence: 6, upserts: [{ ...row, revision: 8 }], changes: [], gone: [] });
  expect(live.pending).toBeDefined();
  fleet.takeMessage({ epoch: 'a', sequence: 7, upserts: [{ ...row, revision: 9, state: 'exited' }], changes: [], gone: [] });
  expect(live.pending).toBeUndefined();
});

test('numbers of a container go when it stops', () => {
  const fleet = loaded();
  fleet.takeSamples([sampleDouble(row, 0), sampleDouble({ ...row, key: 99 }, 0)]);
  const live = fleet.rows.get(1);
  expect(live?.sample).toBeDefined();
  fleet.takeMessage({ epoch: 'a', sequence: 6, upserts: [{ ...row, state: 'exited' }], changes: [], gone: [] });
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
