import { grantOf } from '@gantry/access';
import type { KnownHost } from '../hosts/host-directory.ts';
import { refusingOtherEvents, showsAllEvents } from './event-sight.ts';
import { Sight } from './sight.ts';

const everything = ['event:view', 'env:reveal', 'image:list', 'container:list', 'network:list', 'volume:list'];
const sight = (permissions: readonly string[], { groups = ['g'], labels = { a: '1', b: '2' } }: Partial<KnownHost> = {}): Sight =>
  new Sight({ id: 'h1', groups, labels } as unknown as KnownHost, {
    grants: [grantOf({ id: 'x', role: 'own', scope: { kind: 'global' } }, permissions)],
  });
const without = (...left: readonly string[]): string[] => everything.filter((one) => !left.includes(one));

test('events come as they are for who may see all of them and all values of variables', () => {
  expect(showsAllEvents(sight(everything))).toBe(true);
  expect([without('event:view'), without('env:reveal')].map((some) => showsAllEvents(sight(some)))).toEqual([false, false]);
});

test('an open stream ends when its events would be shown in another way, and not when they would be shown in the same', () => {
  const refuse = refusingOtherEvents(sight(everything));
  for (const now of [
    sight([...everything, 'container:start']),
    sight(everything, { labels: { b: '2', a: '1' } }),
    sight(everything, { groups: ['g'] }),
  ])
    expect(() => refuse(now)).not.toThrow();
  for (const now of [
    ...everything.map((one) => sight(without(one))),
    sight(everything, { labels: { a: '1', b: '3' } }),
    sight(everything, { labels: { a: '1' } }),
    sight(everything, { groups: ['g', 'other'] }),
  ])
    expect(() => refuse(now)).toThrow('what you may see of this host has changed');
  expect(() => refusingOtherEvents(sight(everything, { groups: ['b', 'a'] }))(sight(everything, { groups: ['a', 'b'] }))).not.toThrow();
});
