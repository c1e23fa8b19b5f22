import { ApiVersion } from '@gantry/engine-api';
import type { ContainerRecord, ContainerStatus } from '../containers/container.ts';
import { ManagedContainer } from '../containers/managed-container.ts';
import { ToldInspections } from './told-inspections.ts';

const newest = ApiVersion.newest;
const record = { id: 'c', name: 'web', hostConfig: { Links: null } } as unknown as ContainerRecord;

function running(endpoints: readonly object[] = [{ networkName: 'bridge' }]): ContainerStatus {
  return { state: { name: 'running', run: { sandbox: { endpoints } } }, restarts: 0, isStoppedByHand: false } as unknown as ContainerStatus;
}

/** How often the answer was made. */
function asked(container: ManagedContainer): { ask: (version?: ApiVersion) => Promise<string>; made: () => number } {
  const inspections = new ToldInspections();
  let made = 0;
  const make = (): Promise<unknown> => Promise.resolve({ made: ++made, name: container.record.name });
  return { ask: (version = newest) => inspections.text(container, version, make), made: () => made };
}

test('what is asked for again is answered with the same text while nothing has changed, by version', async () => {
  const { ask, made } = asked(new ManagedContainer(record, running()));
  expect(await ask()).toBe('{"made":1,"name":"web"}');
  expect(await ask()).toBe('{"made":1,"name":"web"}');
  expect(await ask(ApiVersion.parse('1.41'))).toBe('{"made":2,"name":"web"}');
  await ask();
  expect(made()).toBe(2);
});

test.each<[string, (container: ManagedContainer) => unknown]>([
  ['its name', (container) => (container.record = { ...container.record, name: 'other' })],
  ['its status', (container) => (container.status = { ...container.status })],
  ['its health', (container) => (container.health = { status: 'healthy', failingStreak: 0, log: [] })],
  ['how many of its processes were killed', (container) => container.toldMemoryKills++],
  ['its execs', (container) => container.execIds.add('e')],
])('once %s has changed the answer is another one', async (_, change) => {
  const container = new ManagedContainer(record, running());
  const { ask, made } = asked(container);
  await ask();
  change(container);
  expect(await ask()).toContain('"made":2');
  expect(await ask()).toContain('"made":2');
  expect(made()).toBe(2);
});

test('what a change during the answer makes old is not kept', async () => {
  const container = new ManagedContainer(record, running());
  const inspections = new ToldInspections();
  const first = inspections.text(container, newest, () => {
    container.status = { ...container.status };
    return Promise.resolve('old');
  });
  expect(await first).toBe('"old"');
  expect(await inspections.text(container, newest, () => Promise.resolve('new'))).toBe('"new"');
});

test.each([
  ['does not run', record, { state: { name: 'created' }, restarts: 0, isStoppedByHand: false } satisfies ContainerStatus],
  ['is in no network', record, running([])],
  ['names others by its links', { ...record, hostConfig: { Links: ['id:db'] } } as unknown as ContainerRecord, running()],
])('of a container that %s the answer is made each time', async (_, of, status) => {
  const { ask, made } = asked(new ManagedContainer(of, status));
  await ask();
  await ask();
  expect(made()).toBe(2);
});
