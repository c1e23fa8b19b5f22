import { Failure } from '@gantry/base';
import { liveRow } from '../../fleet/live-row.ts';
import { rowDouble } from '../../testing/fleet-double.ts';
import { runBulk } from './bulk.ts';
import { isPossible } from './container-actions.ts';

const row = { ...rowDouble(1, 2), state: 'running' as const, link: 'live' as const };

test('all are tried, six at a time, and each failure keeps its words', async () => {
  const rows = Array.from({ length: 40 }, (_, key) => liveRow({ ...row, key }));
  let atOnce = 0;
  let most = 0;
  const { run, finished } = runBulk('stop', rows, async (live) => {
    most = Math.max(most, ++atOnce);
    await new Promise((resolve) => setTimeout(resolve, 2));
    atOnce--;
    if (live.key % 20 === 7) throw new Failure('conflict', `container ${live.key} is in use`);
  });
  await finished;
  expect([run.done, run.isRunning, most]).toEqual([38, false, 6]);
  expect(run.failed.map(({ message }) => message)).toEqual(['container 7 is in use', 'container 27 is in use']);
});

test('what can be done follows from state, host and rights', () => {
  const running = liveRow(row);
  expect((['start', 'stop', 'restart', 'pause', 'unpause', 'remove'] as const).filter((verb) => isPossible(running, verb))).toEqual([
    'stop',
    'restart',
    'pause',
    'remove',
  ]);
  expect(isPossible(liveRow({ ...row, link: 'offline' }), 'stop')).toBe(false);
  expect(isPossible(liveRow({ ...row, can: 0 }), 'stop')).toBe(false);
});
