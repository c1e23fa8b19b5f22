import { liveRow, takeSample } from '../../fleet/live-row.ts';
import { rowDouble, sampleDouble } from '../../testing/fleet-double.ts';
import { busiest } from './busiest.ts';

function row(key: number, cpu: readonly number[], state: 'running' | 'exited' = 'running') {
  const live = liveRow({ ...rowDouble(key, 3), state, link: 'live' });
  for (const cpuPermille of cpu) takeSample(live, { ...sampleDouble(live.row, 0), cpuPermille });
  return live;
}

test('what has been busy for a while comes before what spikes once', () => {
  const rows = [row(1, [10, 10, 10, 400]), row(2, [300, 300, 300, 290]), row(3, [5, 5]), row(4, [900], 'exited'), row(5, [])];
  expect(busiest(rows, 2).map(({ key }) => key)).toEqual([2, 1]);
  expect(busiest(rows, 9).map(({ key }) => key)).toEqual([2, 1, 3]);
});
