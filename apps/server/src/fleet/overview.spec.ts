import type { FleetEvent } from '@gantry/contract';
import { overviewOf } from './overview.ts';

const event = (id: string, action: string, atMs: number): FleetEvent => ({ host: 'h', type: 'container', id, action, atMs });

test('one container in a loop does not crowd out what others did', () => {
  const loop = Array.from({ length: 200 }, (_, at) => event('loop', at % 2 ? 'start' : 'die', 1000 - at));
  const { events } = overviewOf([], [], [...loop, event('web', 'start', 1)]);

  expect(events.map(({ id }) => id)).toEqual([...Array.from({ length: 10 }, () => 'loop'), 'web']);
  expect(events[0]).toMatchObject({ action: 'die', atMs: 1000 });
});
