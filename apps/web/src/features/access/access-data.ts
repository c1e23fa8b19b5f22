import { type Grant, grantOf, parseSelector, type Permission, type Resource, type Rights, type Scope } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { AccessGrant, GrantScope, Host, HostGroup, Role, Team, User } from '@gantry/contract';
import { accessRoutes } from '../../api/access-routes.ts';
import { accountRoutes } from '../../api/account-routes.ts';
import { call } from '../../api/call.ts';

/** Somebody who can be given something. */
export interface Subject {
  readonly kind: 'user' | 'team' | 'service';
  readonly id: string;
  readonly name: string;
}

/** Who may do what, as far as the person who looks manages it. */
export interface AccessData {
  readonly grants: readonly AccessGrant[];
  readonly roles: readonly Role[];
  readonly teams: readonly Team[];
  readonly groups: readonly HostGroup[];
  /** Empty for somebody who does not manage people. */
  readonly users: readonly User[];
}

/** Fetches what the person may see of it, all at once. */
export async function loadAccess(held: ReadonlySet<Permission>, signal: AbortSignal): Promise<AccessData> {
  const where = <Value>(permission: Permission, ask: () => Promise<Value[]>): Promise<Value[]> =>
    held.has(permission) ? ask() : Promise.resolve([]);
  const [grants, roles, teams, groups, users] = await Promise.all([
    where('grant:manage', () => call(accessRoutes.listGrants, { signal })),
    where('grant:manage', () => call(accessRoutes.listRoles, { signal })),
    where('team:manage', () => call(accessRoutes.listTeams, { signal })),
    where('host:view', () => call(accessRoutes.listHostGroups, { signal })),
    where('user:manage', () => call(accountRoutes.listUsers, { signal })),
  ]);
  return { grants, roles, teams, groups, users };
}

/** Everybody who is known here: teams first; without the right to see all people those who are in a team or have a grant. */
export function subjectsOf({ grants, teams, users }: Pick<AccessData, 'grants' | 'teams' | 'users'>): Subject[] {
  const named = [
    ...teams.map(({ id, name }): Subject => ({ kind: 'team', id, name })),
    ...users.map(({ id, name, kind }): Subject => ({ kind: kind === 'service' ? 'service' : 'user', id, name })),
    ...teams.flatMap(({ members }) => members.map(({ id, name }): Subject => ({ kind: 'user', id, name }))),
    ...grants.map(({ subject }): Subject => subject),
  ];
  const byId = new Map<string, Subject>();
  for (const subject of named) if (!byId.has(subject.id)) byId.set(subject.id, subject);
  const order = { team: 0, user: 1, service: 2 };
  return [...byId.values()].sort((a, b) => order[a.kind] - order[b.kind] || a.name.localeCompare(b.name));
}

/** A scope as the decision reads it; undefined for a selector that cannot be read. */
export function readScope(scope: GrantScope): Scope | undefined {
  if (scope.kind !== 'labels') return scope;
  try {
    return { kind: 'labels', selector: parseSelector(scope.selector) };
  } catch (thrown) {
    if (Failure.from(thrown).code === 'invalid') return undefined;
    throw thrown;
  }
}

/** A grant as the decision reads it. */
export function readGrant(
  { id, role, addOns, scope, expiresAt }: Pick<AccessGrant, 'id' | 'role' | 'addOns' | 'scope' | 'expiresAt'>,
  roles: readonly Role[],
): Grant | undefined {
  const read = readScope(scope);
  const custom = roles.find((one) => one.id === role.id && !one.isBuiltIn)?.permissions;
  return read && grantOf({ id, role: role.id, addOns, scope: read, ...(expiresAt ? { expiresAt: new Date(expiresAt) } : {}) }, custom);
}

/** What is given to somebody, by grants of their own and of their teams. */
export function grantsOf(subject: Subject, { grants, teams }: Pick<AccessData, 'grants' | 'teams'>): AccessGrant[] {
  const through = teams.filter(({ members }) => members.some(({ id }) => id === subject.id)).map(({ id }) => id);
  return grants.filter(({ subject: { id } }) => id === subject.id || through.includes(id));
}

export function rightsOf(grants: readonly AccessGrant[], roles: readonly Role[]): Rights {
  return { grants: grants.flatMap((grant) => readGrant(grant, roles) ?? []) };
}

/** A host as the decision sees it. */
export function hostPlace({ id, labels }: Pick<Host, 'id' | 'labels'>, groups: readonly HostGroup[]): Resource & { kind: 'host' } {
  return { kind: 'host', host: id, labels, groups: groups.filter(({ hosts }) => hosts.includes(id)).map((group) => group.id) };
}
