import { contains, lacking } from './covers.ts';
import { type Grant, permissionsOf, type Scope } from './decide.ts';
import { parseSelector, selects, selectsAllOf } from './labels.ts';
import { grantOf } from './roles.ts';

// What somebody may give, at its edges.
const groupsOf = (host: string): readonly string[] => (host === 'h1' ? ['g'] : []);
const grant = (scope: Scope, change: Partial<Grant> = {}): Grant => ({
  ...grantOf({ id: 'x', role: 'own', scope }, ['container:start']),
  ...change,
});
const global: Scope = { kind: 'global' };
const stack = (project: string, host = 'h1'): Scope => ({ kind: 'stack', host, project });
const labelled = (text: string): Scope => ({ kind: 'labels', selector: parseSelector(text) });
const [past, soon, later] = [new Date(0), new Date(Date.now() + 60_000), new Date(Date.now() + 120_000)];
const mayGive = (own: Grant, given: Grant, within?: readonly Grant[]): boolean =>
  lacking({ grants: [own], ...(within ? { within } : {}) }, given, groupsOf).length === 0;

test.each<[Scope, Scope, boolean]>([
  [global, stack('red'), true],
  [{ kind: 'group', group: 'g' }, { kind: 'group', group: 'g' }, true],
  [{ kind: 'group', group: 'g' }, { kind: 'group', group: 'other' }, false],
  [{ kind: 'group', group: 'g' }, { kind: 'host', host: 'h1' }, true],
  [{ kind: 'group', group: 'g' }, { kind: 'host', host: 'h2' }, false],
  [{ kind: 'group', group: 'g' }, global, false],
  [{ kind: 'group', group: 'g' }, labelled('a=b'), false],
  [{ kind: 'host', host: 'h1' }, stack('red'), true],
  [{ kind: 'host', host: 'h1' }, stack('red', 'h2'), false],
  [{ kind: 'host', host: 'h1' }, global, false],
  [stack('red'), stack('red'), true],
  [stack('red'), stack('blue'), false],
  [stack('red'), stack('red', 'h2'), false],
  [stack('red'), { kind: 'host', host: 'h1' }, false],
  [labelled('a=b'), labelled('a=b,c=d'), true],
  [labelled('a=b'), stack('red'), false],
])('%j contains %j: %s', (outer, inner, isIn) => {
  expect(contains(outer, inner, groupsOf)).toBe(isIn);
});

test('nobody gives from a grant that has ended, or for longer than from one that will', () => {
  expect(mayGive(grant(global, { expiresAt: past }), grant(global, { expiresAt: past }))).toBe(false);
  expect(mayGive(grant(global, { expiresAt: soon }), grant(global, { expiresAt: soon }))).toBe(true);
  expect(mayGive(grant(global, { expiresAt: soon }), grant(global, { expiresAt: later }))).toBe(false);
  expect(mayGive(grant(global, { expiresAt: soon }), grant(global))).toBe(false);
  expect(mayGive(grant(global), grant(global))).toBe(true);
});

test('what is held for stacks alone is given for stacks alone, and not beyond the limit of a token', () => {
  const inStacksOnly = new Set(['container:start'] as const);
  expect(mayGive(grant(global, { inStacksOnly }), grant(stack('red')))).toBe(false);
  expect(mayGive(grant(global, { inStacksOnly }), grant(stack('red'), { inStacksOnly }))).toBe(true);
  expect(mayGive(grant(global), grant(stack('red'), { inStacksOnly }))).toBe(true);
  expect(mayGive(grant(global), grant(stack('red')), [grant(stack('blue'))])).toBe(false);
  expect(mayGive(grant(global), grant(stack('red')), [grant(stack('red'))])).toBe(true);
});

test('what a grant holds and cannot give where it stands is nowhere held', () => {
  const rights = { grants: [grantOf({ id: 'x', role: 'own', scope: stack('red') }, ['user:manage', 'container:list'])] };
  expect(permissionsOf(rights)).toEqual(['container:list']);
});

test('a selector means all of its terms, of labels that are known', () => {
  expect(() => parseSelector(Array.from({ length: 17 }, (_, at) => `k${at}=v`).join(','))).toThrow('at most 16 terms');
  expect(() => parseSelector('a!=b,c!=d')).toThrow('at least one term must be key=value');
  expect(parseSelector('a!=b,c=d')).toHaveLength(2);
  for (const text of ['', 'a', '=b', 'a=b,', 'a = b = c']) expect(() => parseSelector(text)).toThrow(/neither key=value nor key!=value/);
  const [web, notProd] = [parseSelector('team=web'), parseSelector('team=web,env!=prod')];
  expect([selects(web, { team: 'web' }, true), selects(notProd, { team: 'web' }, true), selects(notProd, { team: 'web' })]).toEqual([
    ...[true, false],
    true,
  ]);
  expect(selects(notProd, { team: 'web', env: 'test' }, true)).toBe(true);
  expect(selects(parseSelector('toString=x'), {})).toBe(false);
});

test.each<[string, string, boolean]>([
  ['a=b', 'a=b', true],
  ['a=b', 'a=c', false],
  ['a=b', 'a!=b,x=y', false],
  ['a=b', 'a!=c,x=y', false],
  ['x=y,a!=b', 'x=y,a!=b', true],
  ['x=y,a!=b', 'x=y,a=c', true],
  ['x=y,a!=b', 'x=y,a=b', false],
  ['x=y,a!=b', 'x=y,a!=c', false],
  ['x=y,a!=b', 'x=y', false],
])('all that %j means is among what %j means', (wide, narrow, isIn) => {
  expect(selectsAllOf(parseSelector(wide), parseSelector(narrow))).toBe(isIn);
});

test('nothing is among what a selector without terms means', () => {
  expect(selectsAllOf([], parseSelector('a=b'))).toBe(false);
});
