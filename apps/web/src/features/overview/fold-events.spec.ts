import type { FleetEvent } from '@gantry/contract';
import { foldEvents } from './fold-events.ts';

const event = (id: string, action: string, atMs: number): FleetEvent => ({ host: 'h', type: 'container', id, name: id, action, atMs });

test('what a container does again and again is one line with a count, at its newest time', () => {
  const folded = foldEvents([event('loop', 'start', 5), event('web', 'start', 4), event('loop', 'start', 3), event('loop', 'start', 1)]);
  expect(folded.map(({ event: { id, atMs }, times }) => [id, atMs, times])).toEqual([
    ['loop', 5, 3],
    ['web', 4, 1],
  ]);
});

test('different things of one container stay apart, and plumbing is left out', () => {
  expect(
    foldEvents([event('a', 'pause', 3), event('a', 'exec_start: sh', 2), event('a', 'start', 1)]).map(({ event: { action } }) => action),
  ).toEqual(['pause', 'start']);
});
