import { EventEmitter } from 'node:events';
import type { Fleet } from '../fleet/fleet.ts';
import { KnownThings } from './known-things.ts';

const minuteMs = 60_000;
const thing = { kind: 'container', id: 'a'.repeat(64), name: 'web', labels: { team: 'red' } } as const;
const known = (): KnownThings => new KnownThings({ changes: new EventEmitter() } as unknown as Fleet);

test('what is deleted stays known for ten minutes, on its host only', () => {
  const things = known();
  things.note('h1', thing);
  things.gone('h1', thing, 0);

  expect(things.find('h1', thing, 9 * minuteMs)).toBe(thing);
  expect(things.find('h2', thing, 9 * minuteMs)).toBeUndefined();
  expect(things.find('h1', thing, 11 * minuteMs)).toBeUndefined();
});

test('a name that is given again is what was made last', () => {
  const things = known();
  const [first, second] = ['red', 'blue'].map((team) => ({ kind: 'volume', id: 'data', name: 'data', labels: { team } }) as const);
  if (!first || !second) throw new Error('no volumes');
  things.note('h1', first);
  things.gone('h1', first, 0);
  things.note('h1', second);

  expect(things.find('h1', second, 60 * minuteMs)).toBe(second);
});

test('rows of the fleet are known, and for ten minutes after they are gone', () => {
  const row = { host: 'h1', id: thing.id, name: 'web', labels: thing.labels, isTruncated: false };
  const changes = new EventEmitter();
  const things = new KnownThings({ changes, row: () => row } as unknown as Fleet);
  things.onModuleInit();
  changes.emit('changed', [1], []);
  expect(things.find('h1', thing)).toMatchObject({ labels: thing.labels });

  changes.emit('changed', [], [1]);
  expect(things.find('h1', thing)).toMatchObject({ labels: thing.labels });
  expect(things.find('h1', thing, Date.now() + 11 * minuteMs)).toBeUndefined();
});
