import type { RouteName } from '@gantry/engine-api';
import { detailsOf } from './deed-details.ts';
import type { GuardedCall } from './guarded-call.ts';

interface Asked {
  readonly values?: Readonly<Record<string, unknown>>;
  readonly value?: unknown;
  readonly dropped?: readonly string[];
}

function details(name: RouteName, { values = {}, value, dropped = [] }: Asked, elevated: readonly string[] = []): Record<string, unknown> {
  const body = value === undefined && dropped.length === 0 ? undefined : { value, dropped };
  return detailsOf({ route: { name }, path: { id: 'c'.repeat(64) }, query: { values }, body } as unknown as GuardedCall, elevated);
}

test('a request that says nothing more than its target leaves nothing more in the log', () => {
  expect(details('ContainerStart', {})).toStrictEqual({});
  expect(details('ContainerStart', { values: { name: '', t: '5', path: undefined, mode: ['a'] } })).toStrictEqual({});
});

test('what was run in a container is told, and its variables never', () => {
  expect(details('ContainerExec', { value: { Cmd: ['sh', '-c', 'id'], Env: ['TOKEN=x'] } })).toStrictEqual({ command: 'sh -c id' });
  expect(details('ContainerExec', { value: {} })).toStrictEqual({});
  expect(details('ContainerCreate', { value: { Image: 'app:1', Cmd: ['serve'], Env: ['TOKEN=x'] } })).toStrictEqual({ image: 'app:1' });
});

test('the container of a file and of a recreation is told by its full id, and of nothing else', () => {
  const container = 'c'.repeat(64);
  for (const name of ['ContainerFileRead', 'PutContainerArchive', 'ContainerRecreate'] as const)
    expect(details(name as RouteName, { values: { path: '/etc/x', mode: '644' } })).toStrictEqual({
      container,
      path: '/etc/x',
      mode: '644',
    });
});

test('where a container was asked to connect to is told', () => {
  const value = { Container: 'c', Host: 'db\n', Port: 5432 };
  expect(details('GantryTopologyProbe', { value })).toStrictEqual({ container: 'c', host: String.raw`db\u000a`, port: 5432 });
  expect(details('NetworkConnect', { value })).toStrictEqual({});
});

test('dangerous fields are told, and unknown ones, no more than twenty', () => {
  const dropped = Array.from({ length: 30 }, (_, index) => `Field${index}`);
  expect(details('ContainerCreate', { dropped }, ['Privileged'])).toStrictEqual({
    elevated: ['Privileged'],
    dropped: dropped.slice(0, 20),
  });
});
