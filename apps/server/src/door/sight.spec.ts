import { type Grant, grantOf, type Rights, type Scope } from '@gantry/access';
import type { KnownHost } from '../hosts/host-directory.ts';
import { Sight } from './sight.ts';
import type { Thing } from './thing.ts';

const hostWith = (labels: Record<string, string> = {}): KnownHost => ({ id: 'h1', groups: ['g'], labels }) as unknown as KnownHost;
const grant = (permissions: readonly string[], scope: Scope, expiresAt?: Date): Grant =>
  grantOf({ id: 'x', role: 'own', scope, ...(expiresAt ? { expiresAt } : {}) }, permissions);
const sight = (permissions: readonly string[], scope: Scope, labels: Record<string, string> = {}): Sight =>
  new Sight(hostWith(labels), { grants: [grant(permissions, scope)] });

const everywhere: Scope = { kind: 'global' };
const stack = (project: string, host = 'h1'): Scope => ({ kind: 'stack', host, project });
const labelled = (value: string): Scope => ({ kind: 'labels', selector: [{ key: 'team', value, isNot: false }] });
const thing = (kind: Thing['kind'], name = 'x', labels: Record<string, string> = {}): Thing => ({ kind, id: name, name, labels });
const ofRed = { 'com.docker.compose.project': 'red' };
const shared = { 'default-bridge': 'shared' };

test('the default bridge is joined by who may connect somewhere on the host, where the host shares it, and by nobody else', () => {
  const bridge = thing('network', 'bridge');
  const may = (permission: 'network:connect' | 'network:remove', one: Thing, labels: Record<string, string> = shared): boolean =>
    sight(['network:connect', 'network:remove'], stack('red'), labels).may(permission, one);

  expect(may('network:connect', bridge)).toBe(true);
  expect(may('network:connect', bridge, {})).toBe(false);
  expect(may('network:remove', bridge)).toBe(false);
  expect(may('network:connect', thing('network', 'other'))).toBe(false);
  expect(may('network:connect', thing('volume', 'bridge'))).toBe(false);
  expect(may('network:connect', thing('container', 'bridge'))).toBe(false);
  expect(sight(['network:list'], stack('red'), shared).may('network:connect', bridge)).toBe(false);
});

test('the default bridge is seen where it is shared, and nothing else with that name', () => {
  const red = (labels: Record<string, string>): Sight => sight(['container:list'], stack('red'), labels);
  expect([red(shared).sees(thing('network', 'bridge')), red({}).sees(thing('network', 'bridge'))]).toEqual([true, false]);
  expect([red(shared).sees(thing('network', 'other')), red(shared).sees(thing('volume', 'bridge'))]).toEqual([false, false]);
  expect(red({ 'default-bridge': 'own' }).sees(thing('network', 'bridge'))).toBe(false);
});

test('something is seen by who may list it, or do with it what they want to', () => {
  const container = thing('container', 'web', ofRed);
  expect(sight(['container:list'], stack('red')).sees(container)).toBe(true);
  expect(sight(['container:start'], stack('red')).sees(container)).toBe(false);
  expect(sight(['container:start'], stack('red')).sees(container, 'container:start')).toBe(true);
  expect(sight(['container:start'], stack('blue')).sees(container, 'container:start')).toBe(false);
  expect(sight(['container:list'], stack('red')).sees(container, 'container:start')).toBe(true);
  expect(sight(['volume:list'], stack('red')).sees(thing('volume', 'data', ofRed))).toBe(true);
  expect(sight(['volume:list'], stack('red')).sees(thing('network', 'net', ofRed))).toBe(false);
});

test('images are seen all or none, by who may list or use them on all of the host; what they say of a stack counts for nothing', () => {
  expect(sight(['image:list'], everywhere).sees(thing('image'))).toBe(true);
  expect(sight(['image:use'], everywhere).sees(thing('image'))).toBe(true);
  expect(sight(['container:list'], everywhere).sees(thing('image'))).toBe(false);
  expect(sight(['image:use'], stack('red')).sees(thing('image', 'x', ofRed))).toBe(false);
  expect(sight(['image:use'], stack('red')).may('image:use', thing('image', 'x', ofRed))).toBe(false);
  expect(sight(['image:use'], labelled('a'), { team: 'a' }).may('image:use', thing('image'))).toBe(false);
});

test('networks that every engine has are in no stack, whatever labels they carry', () => {
  const connect = sight(['network:connect'], stack('red'));
  expect(connect.may('network:connect', thing('network', 'mine', ofRed))).toBe(true);
  for (const name of ['host', 'none', 'bridge', 'podman'])
    expect(connect.may('network:connect', thing('network', name, ofRed))).toBe(false);
  expect(connect.may('network:connect', thing('volume', 'host', ofRed))).toBe(true);
});

test('a grant by labels of the host is never for everything on it', () => {
  const own = sight(['container:list', 'host:view'], labelled('a'), { team: 'a' });
  expect([own.mayEverywhere('container:list'), own.maySomewhere('container:list')]).toEqual([false, true]);
  expect(own.may('container:list', thing('container'))).toBe(true);
  expect(sight(['container:list'], everywhere).mayEverywhere('container:list')).toBe(true);
});

const containersOfStack = { permissions: ['container:list'], scope: stack('red') };

test.each<[string, { readonly permissions: readonly string[]; readonly scope: Scope }, boolean]>([
  ['who may see the host', { permissions: ['host:view'], scope: everywhere }, true],
  ['who may list containers of a stack there', containersOfStack, true],
  ['who may list networks of a stack there', { ...containersOfStack, permissions: ['network:list'] }, true],
  ['who may list volumes of a stack there', { ...containersOfStack, permissions: ['volume:list'] }, true],
  ['who may see a stack there', { ...containersOfStack, permissions: ['stack:view'] }, true],
  ['who may only start containers of a stack there', { ...containersOfStack, permissions: ['container:start'] }, false],
  ['who may list containers of a stack elsewhere', { ...containersOfStack, scope: stack('red', 'h2') }, false],
  ['who may see another host', { permissions: ['host:view'], scope: { kind: 'host', host: 'h2' } }, false],
])('the host is there for %s: %s', (_, { permissions, scope }, isThere) => {
  expect(sight(permissions, scope).seesHost).toBe(isThere);
});

test('nothing is hidden from who sees images, containers, networks and volumes of all of the host, and only from them', () => {
  const all = ['image:list', 'container:list', 'network:list', 'volume:list'];
  expect(sight(all, everywhere).seesEverything).toBe(true);
  for (const one of all)
    expect([
      one,
      sight(
        all.filter((other) => other !== one),
        everywhere,
      ).seesEverything,
    ]).toEqual([one, false]);
  expect(sight(all, stack('red')).seesEverything).toBe(false);
});

test('parts of the host with a permission are those of live grants of its stacks, and by labels', () => {
  const soon = new Date(Date.now() + 60_000);
  const rights: Rights = {
    grants: [
      grant(['volume:create'], stack('red')),
      grant(['volume:create'], stack('far', 'h2')),
      grant(['container:list'], stack('other')),
      grant(['volume:create'], labelled('a'), soon),
      grant(['volume:create'], stack('late'), new Date(0)),
      grant(['volume:create'], { kind: 'host', host: 'h1' }),
      grant(['volume:create'], everywhere),
    ],
  };
  expect(new Sight(hostWith(), rights).partsWith('volume:create').map(({ scope }) => scope)).toEqual([stack('red'), labelled('a')]);
});

test('what a token may somewhere lies within its limit', () => {
  const within = [grant(['container:list', 'container:start'], stack('blue'))];
  const limited = (scope: Scope): Sight => new Sight(hostWith(), { grants: [grant(['container:list'], scope)], within });
  expect([limited(stack('blue')), limited(everywhere)].map((one) => one.maySomewhere('container:list'))).toEqual([true, true]);
  expect(limited(stack('red')).maySomewhere('container:list')).toBe(false);
  expect(limited(everywhere).maySomewhere('container:start')).toBe(false);
});
