import type { JobStep } from '@gantry/contract';
import { liveRow } from '../../fleet/live-row.ts';
import { rowDouble } from '../../testing/fleet-double.ts';
import { bulkOf } from './bulk.ts';
import { isPossible } from './container-actions.ts';

const row = { ...rowDouble(1, 2), state: 'running' as const, link: 'live' as const };

test('a job of many counts what is done, and keeps the words of each that failed', () => {
  const live = liveRow(row);
  const step = (at: number, state: JobStep['state']): JobStep => ({ at, host: row.host, container: row.id, name: `web-${at}`, state });
  const head = { id: 'j', kind: 'containers', action: 'stop', who: 'ada', isOwn: true, mayCancel: false, startedAtMs: 0 } as const;
  const run = bulkOf(
    { ...head, state: 'failed', steps: [step(0, 'done'), { ...step(1, 'failed'), failure: 'container 1 is in use' }, step(2, 'done')] },
    (_host, id) => (id === row.id ? live : undefined),
  );

  expect([run.done, run.total, run.isRunning]).toEqual([2, 3, false]);
  expect(run.failed.map(({ message, live: found }) => [message, found === live])).toEqual([['container 1 is in use', true]]);
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
