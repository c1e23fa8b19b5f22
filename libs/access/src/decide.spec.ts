import { decide, type Grant, installation, permissionsOf, type Resource, type Rights, type Scope } from './decide.ts';
import { parseSelector } from './labels.ts';
import { catalogue, isPermission, type Permission, permissions, type Reach } from './permissions.ts';
import { everywhere, grantOf, type RoleName, roleNames, roles } from './roles.ts';
import { can, canMask, type ContainerVerb, containerVerbs } from './verbs.ts';

const host = { kind: 'host', host: 'a', groups: ['g'], labels: { team: 'web' } } as const;
const container: Resource = { ...host, kind: 'container', id: '1', stack: 'shop' };
const resources: readonly Resource[] = [installation, host, container];
const on = (scope: Scope, role: RoleName = 'owner'): Rights => ({ grants: [grantOf({ id: '1', role, scope })] });

test.each(permissions)('%s: everywhere each role may what it holds, and nobody may without a grant', (permission) => {
  for (const resource of resources) {
    for (const role of roleNames.filter((name) => name !== 'deployer'))
      expect(decide(everywhere(role), permission, resource)).toBe(roles[role].permissions.has(permission));
    expect(decide({ grants: [] }, permission, resource)).toBe(false);
  }
});

const scopes: readonly Scope[] = [
  { kind: 'global' },
  { kind: 'group', group: 'g' },
  { kind: 'host', host: 'a' },
  { kind: 'stack', host: 'a', project: 'shop' },
  { kind: 'labels', selector: parseSelector('team=web') },
];
const gives: Readonly<Record<Reach, number>> = { global: 1, group: 2, host: 3, any: 5 };

test.each(scopes)('a grant of scope $kind gives what may be granted there, and nothing that needs more', (scope) => {
  const at = scopes.indexOf(scope);
  for (const permission of permissions)
    expect([permission, decide(on(scope), permission, container)]).toEqual([permission, at < gives[catalogue[permission].reach]]);
});

test.each(scopes.slice(1))('a grant of scope $kind gives nothing of the installation itself', (scope) => {
  expect(permissions.filter((permission) => decide(on(scope), permission, installation))).toEqual([]);
});

const elsewhere: Resource = { kind: 'container', host: 'b', groups: ['h'], labels: { team: 'db' }, id: '1', stack: 'other' };

test.each<[string, Scope, Resource, boolean]>([
  ['its group', { kind: 'group', group: 'g' }, container, true],
  ['another group', { kind: 'group', group: 'g' }, elsewhere, false],
  ['its host', { kind: 'host', host: 'a' }, container, true],
  ['another host', { kind: 'host', host: 'a' }, elsewhere, false],
  ['its stack', { kind: 'stack', host: 'a', project: 'shop' }, container, true],
  ['the stack itself', { kind: 'stack', host: 'a', project: 'shop' }, { ...container, kind: 'stack', id: 'shop' }, true],
  ['another stack of the host', { kind: 'stack', host: 'a', project: 'shop' }, { ...container, stack: 'other' }, false],
  ['something of no stack', { kind: 'stack', host: 'a', project: 'shop' }, { ...host, kind: 'container', id: '1' }, false],
  ['a stack of that name elsewhere', { kind: 'stack', host: 'a', project: 'shop' }, { ...elsewhere, stack: 'shop' }, false],
  ['a stack without a name', { kind: 'stack', host: 'a', project: '' }, { ...container, stack: '' }, false],
  ['the host of the stack', { kind: 'stack', host: 'a', project: 'shop' }, host, false],
  ['its labels', { kind: 'labels', selector: parseSelector('team=web,env!=prod') }, container, true],
  ['other labels', { kind: 'labels', selector: parseSelector('team=web,env!=prod') }, elsewhere, false],
  [
    'an excluded label',
    { kind: 'labels', selector: parseSelector('team=web,env!=prod') },
    { ...container, labels: { team: 'web', env: 'prod' } },
    false,
  ],
  [
    'labels that are not all known',
    { kind: 'labels', selector: parseSelector('team=web,env!=prod') },
    { ...container, hasMoreLabels: true },
    false,
  ],
  ['no selector', { kind: 'labels', selector: [] }, container, false],
  ['a scope of a later version', { kind: 'planet', planet: 'a' } as unknown as Scope, container, false],
  ['the installation', { kind: 'host', host: 'a' }, installation, false],
])('a grant reaches what is in its scope and nothing else: %s', (_, ...[scope, resource, isReached]) => {
  expect(decide(on(scope), 'container:view', resource)).toBe(isReached);
});

test('a second grant adds and never takes away', () => {
  const grants: Grant[] = [...everywhere('viewer').grants, ...on({ kind: 'host', host: 'a' }).grants];

  expect(decide({ grants }, 'container:start', container)).toBe(true);
  expect(decide({ grants }, 'container:start', elsewhere)).toBe(false);
  expect(decide({ grants }, 'container:logs', elsewhere)).toBe(true);
});

test('a limit takes away and never adds, and an empty one leaves nothing', () => {
  const { grants: viewing } = everywhere('viewer');
  const limited: Rights = { grants: everywhere('operator').grants, within: viewing };

  expect(decide(limited, 'container:logs', container)).toBe(true);
  expect(decide(limited, 'container:start', container)).toBe(false);
  expect(decide({ grants: viewing, within: everywhere('owner').grants }, 'container:start', container)).toBe(false);
  expect(decide({ grants: viewing, within: [] }, 'container:logs', container)).toBe(false);
  expect(permissionsOf({ grants: viewing, within: [] })).toEqual([]);
  expect(permissionsOf(limited)).toEqual(permissionsOf(everywhere('viewer')));
});

test('a grant that has expired gives nothing', () => {
  const expiresAt = new Date(1_000);
  const rights: Rights = { grants: [grantOf({ id: '1', role: 'owner', scope: { kind: 'global' }, expiresAt })] };

  expect(decide({ ...rights, at: new Date(999) }, 'host:view', host)).toBe(true);
  expect(decide({ ...rights, at: expiresAt }, 'host:view', host)).toBe(false);
  expect(permissionsOf({ ...rights, at: expiresAt })).toEqual([]);
});

test('a permission that this program does not know denies', () => {
  const grants = [
    { ...grantOf({ id: '1', role: 'owner', scope: { kind: 'global' } }), permissions: new Set(['host:everything' as Permission]) },
  ];

  expect(decide({ grants }, 'host:everything' as Permission, installation)).toBe(false);
  expect(decide(everywhere('owner'), 'host:everything' as Permission, installation)).toBe(false);
  expect(isPermission('constructor')).toBe(false);
  expect(isPermission('host:view')).toBe(true);
});

test('a deployer removes the volumes of stacks, and no others', () => {
  const volume: Resource = { ...host, kind: 'volume', id: 'data' };

  expect(decide(everywhere('deployer'), 'volume:remove', { ...volume, stack: 'shop' })).toBe(true);
  expect(decide(everywhere('deployer'), 'volume:remove', volume)).toBe(false);
  expect(decide(everywhere('deployer'), 'volume:create', volume)).toBe(true);
});

test.each(roleNames)('the mask of a row says for a %s what decide says', (role) => {
  const mask = canMask(everywhere(role), container);

  for (const [verb, permission] of Object.entries(containerVerbs))
    expect([verb, can(mask, verb as ContainerVerb)]).toEqual([verb, decide(everywhere(role), permission, container)]);
});
