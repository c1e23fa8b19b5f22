import { decide, type Resource, type Rights, type Scope } from './decide.ts';
import { explain, type Miss } from './explain.ts';
import type { Permission } from './permissions.ts';
import { everywhere, grantOf, type RoleName } from './roles.ts';

const container: Resource = { kind: 'container', host: 'a', groups: [], labels: {}, id: '1', stack: 'shop' };
const rights = (role: RoleName, scope: Scope, expiresAt?: Date): Rights => ({
  grants: [grantOf({ id: '1', role, scope, ...(expiresAt ? { expiresAt } : {}) })],
});
const onA: Scope = { kind: 'host', host: 'a' };

test('what is allowed is explained by the grant that allows it', () => {
  const given: Rights = { grants: [...everywhere('viewer').grants, ...rights('operator', onA).grants] };

  expect(explain(given, 'container:start', container)).toMatchObject({ isAllowed: true, grant: { role: 'operator' } });
  expect(explain(given, 'container:logs', container)).toMatchObject({ isAllowed: true, grant: { role: 'viewer' } });
});

test.each<[string, Rights, Permission, Miss]>([
  ['it has expired', rights('operator', onA, new Date(1)), 'container:start', 'expired'],
  ['the token is for less', { grants: everywhere('operator').grants, within: everywhere('viewer').grants }, 'container:start', 'token'],
  ['the role does not hold it', everywhere('viewer'), 'container:start', 'role'],
  ['it is needed for a whole host', rights('operator', { kind: 'stack', host: 'a', project: 'shop' }), 'image:pull', 'reach'],
  ['it is given elsewhere', rights('operator', { kind: 'host', host: 'b' }), 'container:start', 'scope'],
  ['there is no grant', { grants: [] }, 'container:start', 'nothing'],
  ['what there was has ended, and would not have done', rights('viewer', onA, new Date(1)), 'container:start', 'nothing'],
  ['it is held in stacks alone', rights('deployer', onA), 'volume:remove', 'role'],
  ['there is no such permission', everywhere('owner'), 'host:everything' as Permission, 'unknown-permission'],
])('what is denied is explained by what comes nearest: %s', (_, ...[given, permission, miss]) => {
  const resource: Resource = permission === 'volume:remove' ? { kind: 'volume', host: 'a', groups: [], labels: {}, id: 'v' } : container;
  const explained = explain(given, permission, resource);
  expect(explained).toMatchObject({ isAllowed: false, miss });
  // It names the grant that comes nearest, where there is one.
  const [nearest] = miss === 'nothing' || miss === 'unknown-permission' ? [] : given.grants;
  expect(explained).toStrictEqual({ isAllowed: false, miss, ...(nearest ? { grant: nearest } : {}) });
  expect(decide(given, permission, resource)).toBe(false);
});
