import { eventually } from '@gantry/base/testing';
import type { FleetNumbers } from '@gantry/contract';
import { columnsDouble } from '../testing/socket-double.ts';
import { rowDouble, sampleDouble } from '../testing/fleet-double.ts';
import { Fleet } from './fleet.ts';
import { numbersOf } from './take-numbers.ts';

const rows = Array.from({ length: 2_500 }, (_, key) => ({ ...rowDouble(key, 3), state: 'running' as const }));
const at = (atMs: number): FleetNumbers => columnsDouble(rows.map((row) => ({ ...sampleDouble(row, 0), pids: atMs })));

function loaded(): Fleet {
  const fleet = new Fleet();
  fleet.takeSnapshot({ epoch: 'e', sequence: 1, rows: rows as never, samples: [] });
  return fleet;
}

const pidsOf = (fleet: Fleet): unknown[] => [...new Set([...fleet.rows.values()].map(({ sample }) => sample?.pids))];

test('the numbers of all containers are taken some at a time, and newer ones end that', async () => {
  const fleet = loaded();
  const take = numbersOf(fleet, () => false);
  take(at(1));
  expect(pidsOf(fleet)).toEqual([1, undefined]);
  take(at(2));
  await eventually(() => expect(pidsOf(fleet)).toEqual([2]));
});

test('a page that nobody sees takes them at once', () => {
  const fleet = loaded();
  numbersOf(fleet, () => true)(at(1));
  expect(pidsOf(fleet)).toEqual([1]);
});
