import type { EngineEvent } from './engine-event.ts';
import { eventFilter } from './event-filter.ts';

const container: EngineEvent = {
  ...{ type: 'container', action: 'start', actorId: 'abc123', timeNano: 0n },
  attributes: { name: 'web-1', image: 'shop/web:2', tier: 'front' },
};
const volume: EngineEvent = { ...container, type: 'volume', action: 'mount', actorId: 'data', attributes: { driver: 'local' } };
const image: EngineEvent = { ...container, type: 'image', action: 'tag', actorId: 'sha256:f00', attributes: { name: 'shop/web:3' } };
const passes = (event: EngineEvent, filters: Record<string, string[]>): boolean => eventFilter(new Map(Object.entries(filters)))(event);

test.each([
  [{}, true],
  [{ container: ['abc'] }, true],
  [{ container: ['web'] }, true],
  [{ container: ['bc1'] }, false],
  [{ container: ['nope', 'web-1'] }, true],
  [{ type: ['container'], event: ['start', 'die'] }, true],
  [{ type: ['volume'] }, false],
  [{ event: ['star'] }, false],
  [{ image: ['shop/web'] }, true],
  [{ image: ['shop/web:2'] }, true],
  [{ image: ['shop'] }, false],
  [{ label: ['tier=front'] }, true],
  [{ label: ['tier', 'tier=back'] }, false],
  [{ scope: ['swarm'] }, false],
  [{ volume: ['data'] }, false],
])('a start of a container through the filters %j: %s', (filters, isIn) => {
  expect(passes(container, filters)).toBe(isIn);
});

test('a change of health is meant by its name and by its name and status', () => {
  const told = { ...container, action: 'health_status: healthy' };

  expect(passes(told, { event: ['health_status'] })).toBe(true);
  expect(passes(told, { event: ['health_status: healthy'] })).toBe(true);
  expect(passes(told, { event: ['health_status: unhealthy'] })).toBe(false);
});

test('volumes and images are meant by their own names', () => {
  expect(passes(volume, { volume: ['data'] })).toBe(true);
  expect(passes(volume, { container: ['web'] })).toBe(false);
  expect(passes(image, { image: ['shop/web'] })).toBe(true);
  expect(passes(image, { image: ['shop/web:2'] })).toBe(false);
});
