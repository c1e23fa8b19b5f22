import { grantOf, type Rights, type Scope } from '@gantry/access';
import type { Fleet } from '../fleet/fleet.ts';
import type { PlainRow } from '../fleet/plain-row.ts';
import type { HostDirectory, KnownHost } from '../hosts/host-directory.ts';
import { objectResource, Resources } from './resources.ts';

const host = { id: 'h1', groups: ['g'], labels: { env: 'prod' } } as unknown as KnownHost;
const row = (id: string, name: string, change: Partial<PlainRow> = {}): PlainRow =>
  ({ host: 'h1', id, name, labels: { 'com.docker.compose.project': name }, isTruncated: false, ...change }) as PlainRow;

function resources(rows: readonly PlainRow[] = []): Resources {
  const find = (id: string): KnownHost | undefined => (id === 'h1' ? host : undefined);
  const hosts = { find, place: find } as unknown as HostDirectory;
  const fleet = {
    rowsOf: (id: string) => (id === 'h1' ? rows : []),
    rowOf: (id: string, container: string) => rows.find((one) => id === 'h1' && one.id === container),
  } as unknown as Fleet;
  return new Resources(hosts, fleet);
}

const rightsIn = (scope: Scope, role = 'viewer'): Rights => ({ grants: [grantOf({ id: 'x', role, scope })] });
const stack = (project: string, on = 'h1'): Scope => ({ kind: 'stack', host: on, project });
const labelled = (key: string, value: string): Scope => ({ kind: 'labels', selector: [{ key, value, isNot: false }] });

test('labels of the host count before those that the server stamped, and these before what people wrote', () => {
  const labels = { env: 'test', team: 'red', 'gantry.label.team': 'blue', 'gantry.labelteam': 'x', other: 'kept' };
  expect(objectResource(host, { kind: 'container', id: 'c', labels })).toMatchObject({
    labels: { env: 'prod', team: 'blue', other: 'kept' },
  });
  expect(objectResource(host, { kind: 'container', id: 'c', labels: { other: 'kept' } })).toEqual({
    ...{ kind: 'container', id: 'c', host: 'h1', groups: ['g'] },
    labels: { env: 'prod', other: 'kept' },
  });
});

test('the stack that the server stamped counts before that of compose; an empty one is none', () => {
  const stackOf = (labels: Record<string, string>): unknown =>
    (objectResource(host, { kind: 'volume', id: 'v', labels }) as { stack?: string }).stack;
  expect(stackOf({ 'com.docker.compose.project': 'shop' })).toBe('shop');
  expect(stackOf({ 'com.docker.compose.project': 'shop', 'gantry.stack': 'mine' })).toBe('mine');
  expect([stackOf({}), stackOf({ 'gantry.stack': '', 'com.docker.compose.project': 'shop' })]).toEqual([undefined, undefined]);
});

test('what has more labels than are told says so', () => {
  expect(objectResource(host, { kind: 'container', id: 'c', isTruncated: true })).toMatchObject({ hasMoreLabels: true });
  expect(objectResource(host, { kind: 'container', id: 'c' })).not.toHaveProperty('hasMoreLabels');
});

test('a container is found by its id, its name or a beginning of four letters that only one has; any other name stands there without labels', () => {
  const known = resources([row('aaaa1', 'shop'), row('aaaa2', 'auth'), row('bbbb1', 'edge')]);
  const stackOf = (name: string): unknown => (known.named('h1', name) as { stack?: string }).stack;

  expect(['aaaa1', 'auth', 'bbbb', 'aaaa', 'bbb', 'cccc'].map(stackOf)).toEqual(['shop', 'auth', 'edge', undefined, undefined, undefined]);
  expect(known.named('h1', 'cccc')).toMatchObject({ id: 'cccc', host: 'h1' });
  expect(known.container('h1', 'aaaa2')).toMatchObject({ id: 'aaaa2', stack: 'auth' });
  expect(known.container('h1', 'cccc')).toMatchObject({ id: 'cccc', labels: { env: 'prod' } });
  expect(known.container('h2', 'aaaa2')).toEqual({ kind: 'container', id: 'aaaa2', host: 'h2', groups: [], labels: {} });
});

test.each<[string, Scope, boolean]>([
  ['a grant everywhere', { kind: 'global' }, true],
  ['a grant of the host', { kind: 'host', host: 'h1' }, true],
  ['a grant of another host', { kind: 'host', host: 'h2' }, false],
  ['a grant of its group', { kind: 'group', group: 'g' }, true],
  ['a grant of another group', { kind: 'group', group: 'other' }, false],
  ['a grant of a stack that is there', stack('shop'), true],
  ['a grant of a stack that is yet to be made there', stack('new'), true],
  ['a grant of a stack on another host', stack('shop', 'h2'), false],
  ['a grant by a label of the host', labelled('env', 'prod'), true],
  ['a grant by a label of a container that is there', labelled('team', 'red'), true],
  ['a grant by a label that nothing there has', labelled('team', 'blue'), false],
])('%s shows the host: %s', (_, scope, isSeen) => {
  const known = resources([row('aaaa1', 'shop', { labels: { 'com.docker.compose.project': 'shop', team: 'red' } })]);
  expect(known.sees(rightsIn(scope), 'h1')).toBe(isSeen);
  expect(known.sees(rightsIn(scope), 'h3')).toBe(false);
});

test('a grant that shows no containers and no host shows nothing, wherever it is', () => {
  const custom = (permission: string, scope: Scope): Rights => ({ grants: [grantOf({ id: 'x', role: 'own', scope }, [permission])] });
  const known = resources([row('aaaa1', 'shop')]);
  expect([stack('shop'), labelled('env', 'prod')].map((scope) => known.sees(custom('access:request', scope), 'h1'))).toEqual([
    false,
    false,
  ]);
  expect(known.sees(custom('container:list', stack('shop')), 'h1')).toBe(true);
  expect(resources().sees(custom('container:list', labelled('env', 'prod')), 'h1')).toBe(true);
});
