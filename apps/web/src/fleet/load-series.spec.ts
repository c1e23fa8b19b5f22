import { joined, noSeries, stepMs, withSample } from './load-series.ts';

const measures = ['cpuPermille', 'memoryBytes'] as const;
const startMs = 1_800_000_000_000;
const point = (afterMs: number, cpuPermille: number) => ({ atMs: startMs + afterMs, cpuPermille, memoryBytes: 1 });
const kept = { measures, keptMs: 60_000 };

test('a point is the average of the ten seconds before it, and there is one for ten seconds', () => {
  let series = noSeries(measures);
  for (const [afterMs, cpu] of [
    [0, 100],
    [4000, 200],
    [9000, 300],
    [13_000, 250],
  ] as const)
    series = withSample(series, point(afterMs, cpu), kept);

  expect(series.times.map((time) => time - startMs)).toEqual([9000, 13_000]);
  expect(series.values.cpuPermille).toEqual([200, 250]);
});

test('what is older than is kept goes', () => {
  let series = noSeries(measures);
  for (let step = 0; step < 20; step++) series = withSample(series, point(step * stepMs, step), kept);
  expect(series.values.cpuPermille).toEqual([13, 14, 15, 16, 17, 18, 19]);
});

test('the history stands before the live points, and what both have is not there twice', () => {
  const live = withSample(noSeries(measures), point(20_000, 3), kept);
  const history = { stepMs, atMs: [0, 10_000, 20_000].map((after) => startMs + after), series: { cpuPermille: [1, 2, 9] } };

  const { times, values } = joined(history, live, measures);
  expect(times.map((time) => time - startMs)).toEqual([0, 10_000, 20_000]);
  expect(values).toEqual({ cpuPermille: [1, 2, 3], memoryBytes: [null, null, 1] });
});

test('a time without numbers is a gap', () => {
  const history = { stepMs, atMs: [0, 10_000, 90_000].map((after) => startMs + after), series: { cpuPermille: [1, 2, 3] } };
  expect(joined(history, noSeries(measures), measures).values.cpuPermille).toEqual([1, 2, null, 3]);

  const live = withSample(withSample(noSeries(measures), point(0, 1), kept), point(50_000, 2), kept);
  expect(live.values.cpuPermille).toEqual([1, null, 2]);
  expect(live.times).toHaveLength(3);
});
