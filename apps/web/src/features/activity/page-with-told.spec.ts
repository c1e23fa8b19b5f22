import type { FleetEvent } from '@gantry/contract';
import { pageWithTold } from './page-with-told.ts';

const everything = { host: undefined, type: '', action: '', without: '', text: '', sinceMs: undefined, untilMs: undefined };

function event(atMs: number, action = 'start'): FleetEvent {
  return { host: '10000000-0000-4000-8000-000000000001', type: 'container', id: 'a'.repeat(64), action, atMs };
}

test('what was told while the page was asked for stands in it once, in the order of time', () => {
  const page = { events: [event(30), event(10)], next: undefined };
  expect(pageWithTold(page, [event(40), event(30), event(20)], everything)).toEqual([event(40), event(30), event(20), event(10)]);
});

test('what the filter does not take, and what a later page tells, is left out', () => {
  const page = { events: [event(30), event(10)], next: 'older' };
  expect(pageWithTold(page, [event(40, 'die'), event(5)], { ...everything, action: 'start' })).toBe(page.events);
});
