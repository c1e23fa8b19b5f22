import { contains, lacking } from './covers.ts';
import type { Rights, Scope } from './decide.ts';
import { parseSelector } from './labels.ts';
import { everywhere, grantOf, type RoleName } from './roles.ts';

const groupsOf = (host: string): readonly string[] => (host === 'a' ? ['g'] : []);
const scopes = {
  global: { kind: 'global' },
  group: { kind: 'group', group: 'g' },
  hostOfGroup: { kind: 'host', host: 'a' },
  otherHost: { kind: 'host', host: 'b' },
  stack: { kind: 'stack', host: 'a', project: 'shop' },
  labels: { kind: 'labels', selector: parseSelector('team=web') },
  fewerLabels: { kind: 'labels', selector: parseSelector('team=web,env=dev') },
} as const satisfies Readonly<Record<string, Scope>>;
type Name = keyof typeof scopes;

const inside: Readonly<Record<Name, readonly Name[]>> = {
  global: ['global', 'group', 'hostOfGroup', 'otherHost', 'stack', 'labels', 'fewerLabels'],
  group: ['group', 'hostOfGroup', 'stack'],
  hostOfGroup: ['hostOfGroup', 'stack'],
  otherHost: ['otherHost'],
  stack: ['stack'],
  labels: ['labels', 'fewerLabels'],
  fewerLabels: ['fewerLabels'],
};

test.each(Object.keys(scopes) as Name[])('%s holds what is in it whatever comes, and nothing else', (outer) => {
  const found = (Object.keys(scopes) as Name[]).filter((inner) => contains(scopes[outer], scopes[inner], groupsOf));
  expect(found).toEqual(inside[outer]);
});

const granting = (role: RoleName, scope: Scope, addOns: string[] = []) => grantOf({ id: 'new', role, scope, addOns });
const having = (role: RoleName, scope: Scope, addOns: string[] = []): Rights => ({ grants: [grantOf({ id: 'own', role, scope, addOns })] });

test('nobody gives more than they have', () => {
  expect(lacking(everywhere('owner'), granting('owner', scopes.global), groupsOf)).toEqual([]);
  expect(lacking(everywhere('admin'), granting('admin', scopes.global), groupsOf)).toEqual([]);
  expect(lacking(everywhere('admin'), granting('owner', scopes.global), groupsOf)).toEqual([
    'host:shell',
    'env:reveal',
    'system:backup',
    'system:restore',
    'owner:transfer',
  ]);
  expect(lacking(everywhere('admin'), granting('deployer', scopes.stack, ['env']), groupsOf)).toEqual(['env:reveal']);
  expect(lacking(having('host-admin', scopes.group), granting('operator', scopes.hostOfGroup), groupsOf)).toEqual([]);
  expect(lacking(having('host-admin', scopes.group), granting('operator', scopes.hostOfGroup, ['exec']), groupsOf)).toEqual([
    'container:exec',
    'container:attach',
  ]);
  expect(lacking(having('host-admin', scopes.group), granting('viewer', scopes.otherHost), groupsOf)).toContain('host:view');
  expect(lacking(having('host-admin', scopes.group), granting('viewer', scopes.global), groupsOf)).toContain('host:view');
});

test('what the new grant would not give where it stands nobody needs to have', () => {
  expect(lacking(having('host-admin', scopes.hostOfGroup), granting('host-admin', scopes.hostOfGroup), groupsOf)).toEqual([]);
});

test('a limit bounds what is given, and an expired grant gives nothing on', () => {
  const { grants } = everywhere('owner');
  const expired: Rights = { grants: [grantOf({ id: '1', role: 'owner', scope: scopes.global, expiresAt: new Date(1) })] };

  expect(lacking({ grants, within: [] }, granting('viewer', scopes.global), groupsOf)).toContain('host:view');
  expect(lacking(expired, granting('viewer', scopes.global), groupsOf)).toContain('host:view');
});

test('what is given does not outlast what it is given from, nor the limit', () => {
  const at = (second: number): Date => new Date(4_000_000_000_000 + second * 1000);
  const given = (expiresAt?: Date) => grantOf({ id: 'new', role: 'viewer', scope: scopes.global, ...(expiresAt ? { expiresAt } : {}) });
  const timed: Rights = { grants: [grantOf({ id: 'own', role: 'admin', scope: scopes.global, expiresAt: at(10) })] };
  const limited: Rights = { ...everywhere('admin'), within: timed.grants };
  for (const rights of [timed, limited]) {
    expect(lacking(rights, given(), groupsOf)).toContain('host:view');
    expect(lacking(rights, given(at(11)), groupsOf)).toContain('host:view');
    expect(lacking(rights, given(at(10)), groupsOf)).toEqual([]);
  }
  const lasting: Rights = { grants: [...timed.grants, ...everywhere('viewer').grants] };
  expect(lacking(lasting, given(), groupsOf)).toEqual([]);
});
