import { decide, type Grant, installation, permissionsOf, type Resource } from './decide.ts';
import { catalogue, isPermission, type Permission, permissions } from './permissions.ts';
import { type RoleName, roleNames } from './roles.ts';
import { can, canMask, type ContainerVerb, containerVerbs } from './verbs.ts';

const container: Resource = { kind: 'container', host: 'a', id: '1' };
const resources: readonly Resource[] = [installation, { kind: 'host', host: 'a' }, container];
const everywhere = (role: RoleName): Grant[] => [{ role, scope: { kind: 'global' } }];

test.each(permissions)('%s: the owner may, a viewer only where it reads, nobody without a grant', (permission) => {
  for (const resource of resources) {
    expect(decide(everywhere('owner'), permission, resource)).toBe(true);
    expect(decide(everywhere('viewer'), permission, resource)).toBe(catalogue[permission].viewer);
    expect(decide([], permission, resource)).toBe(false);
  }
});

test('a viewer never holds what changes, runs, reveals or administers', () => {
  const changing =
    /:(create|edit|remove|delete|start|stop|restart|kill|pause|exec|attach|shell|prune|manage|write|reveal|elevated|upgrade)$/;

  expect(permissionsOf(everywhere('viewer')).filter((permission) => changing.test(permission))).toEqual([]);
});

test('a grant on one host reaches that host and what is on it, and neither another host nor the installation', () => {
  const grants: Grant[] = [{ role: 'owner', scope: { kind: 'host', host: 'a' } }];

  expect(decide(grants, 'container:start', container)).toBe(true);
  expect(decide(grants, 'host:edit', { kind: 'host', host: 'a' })).toBe(true);
  expect(decide(grants, 'container:start', { ...container, host: 'b' })).toBe(false);
  expect(decide(grants, 'user:manage', installation)).toBe(false);
});

test('a second grant adds and never takes away', () => {
  const grants: Grant[] = [...everywhere('viewer'), { role: 'owner', scope: { kind: 'host', host: 'a' } }];

  expect(decide(grants, 'container:start', container)).toBe(true);
  expect(decide(grants, 'container:start', { ...container, host: 'b' })).toBe(false);
  expect(decide(grants, 'container:logs', { ...container, host: 'b' })).toBe(true);
});

test('a role or permission that this program does not know denies', () => {
  expect(decide([{ role: 'admin' as RoleName, scope: { kind: 'global' } }], 'host:view', installation)).toBe(false);
  expect(decide([{ role: 'constructor' as RoleName, scope: { kind: 'global' } }], 'host:view', installation)).toBe(false);
  expect(decide(everywhere('owner'), 'host:everything' as Permission, installation)).toBe(false);
  expect(isPermission('constructor')).toBe(false);
  expect(isPermission('host:view')).toBe(true);
});

test.each(roleNames)('the mask of a row says for a %s what decide says', (role) => {
  const mask = canMask(everywhere(role), container);

  for (const [verb, permission] of Object.entries(containerVerbs))
    expect([verb, can(mask, verb as ContainerVerb)]).toEqual([verb, decide(everywhere(role), permission, container)]);
});
