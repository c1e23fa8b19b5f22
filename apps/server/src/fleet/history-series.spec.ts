import { type Machine, togetherOf } from './history-series.ts';
import type { MachineRow } from './history.store.ts';

const startMs = 1_800_000_000_000;
const machine = (id: string, cores: number, memoryTotalBytes: number): Machine => ({ id, cores, memoryTotalBytes });
const row = (hostId: string, offsetsMs: number[], cpuPermille: number[]): MachineRow => ({
  hostId,
  startAt: new Date(startMs),
  offsetsMs,
  cpuPermille,
  memoryBytes: cpuPermille.map((value) => value * 10),
});
const range = { fromMs: startMs, toMs: startMs + 60_000 };

test('machines count by their cores, and one that reports a moment later does not make the sum flicker', () => {
  const rows = [row('a', [0, 10_000, 20_000], [1000, 1000, 1000]), row('b', [3000, 12_900, 23_100], [0, 0, 0])];
  const { atMs, series } = togetherOf(rows, [machine('a', 3, 100), machine('b', 1, 50)], { ...range, toMs: startMs + 20_000 });

  expect(atMs.map((at) => at - startMs)).toEqual([0, 10_000, 20_000]);
  expect(series['cpuPermille']).toEqual([1000, 750, 750]);
  expect(series['memoryTotalBytes']).toEqual([100, 150, 150]);
  expect(series['memoryBytes']).toEqual([10_000, 10_000, 10_000]);
});

test('a time in which nobody reported is left out, and a machine that fell silent counts no more', () => {
  const rows = [row('a', [0, 50_000], [400, 500]), row('b', [0], [100])];
  const { atMs, series } = togetherOf(rows, [machine('a', 1, 100), machine('b', 1, 100)], range);

  expect(atMs.map((at) => at - startMs)).toEqual([0, 10_000, 20_000, 50_000, 60_000]);
  expect(series['cpuPermille']).toEqual([250, 250, 250, 500, 500]);
});

test('a machine that is unknown by now changes nothing', () => {
  const { series } = togetherOf([row('gone', [0], [900]), row('a', [0], [100])], [machine('a', 1, 100)], range);
  expect(series['cpuPermille']?.[0]).toBe(100);
});
