import { isRoleName } from '@gantry/access';
import { GroupMapping, type GrantScope } from '@gantry/contract';
import * as z from 'zod';
import type { StoredGrant } from '../access/given-grants.store.ts';
import { readScope } from '../access/grants.service.ts';
import { columnsOf } from '../access/stored-scope.ts';

/** What a grant gives and where, without whom it is for. */
export type GrantTarget = Pick<StoredGrant, 'builtIn' | 'roleId' | 'scope' | 'groupId' | 'hostId' | 'project' | 'selector'> & {
  readonly addOns: string[];
};

/** What somebody gets from a provider's groups. */
export interface WantedRights {
  readonly teams: readonly string[];
  readonly grants: readonly GrantTarget[];
}

/** Mappings as they are stored; one that this program cannot read gives nothing. */
export function readMappings(stored: unknown): GroupMapping[] {
  const list = z.array(z.unknown()).catch([]).parse(stored);
  return withStoredIds(list.flatMap((one) => GroupMapping.safeParse(one).data ?? []));
}

/** With ids as the database writes them, in lower case: they are compared as texts. */
export function withStoredIds(mappings: readonly GroupMapping[]): GroupMapping[] {
  return mappings.map(({ group, gives }) => ({ group, gives: givesWithStoredIds(gives) }));
}

function givesWithStoredIds(gives: GroupMapping['gives']): GroupMapping['gives'] {
  if (gives.kind === 'team') return { ...gives, team: gives.team.toLowerCase() };
  const { role, scope } = gives;
  return { ...gives, role: isUuid(role) ? role.toLowerCase() : role, scope: scopeWithStoredIds(scope) };
}

function scopeWithStoredIds(scope: GrantScope): GrantScope {
  if (scope.kind === 'group') return { ...scope, group: scope.group.toLowerCase() };
  return scope.kind === 'host' || scope.kind === 'stack' ? { ...scope, host: scope.host.toLowerCase() } : scope;
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** What the mappings give to somebody in these groups; all that they give to anybody where no groups are named. */
export function rightsBy(mappings: readonly GroupMapping[], groups?: ReadonlySet<string>): WantedRights {
  const gives = mappings.filter(({ group }) => groups === undefined || groups.has(group)).map((mapping) => mapping.gives);
  const targets = gives.flatMap((one) => (one.kind === 'role' ? [targetOf(one)] : []));
  return {
    teams: [...new Set(gives.flatMap((one) => (one.kind === 'team' ? [one.team] : [])))],
    grants: [...new Map(targets.map((target) => [targetKey(target), target])).values()],
  };
}

/** The same for grants that give the same in the same place. */
export function targetKey({
  builtIn,
  roleId,
  addOns,
  scope,
  groupId,
  hostId,
  project,
  selector,
}: Omit<GrantTarget, 'addOns'> & { readonly addOns: readonly string[] }): string {
  return JSON.stringify([builtIn, roleId, [...addOns].sort(), scope, groupId, hostId, project, selector]);
}

function targetOf({ role, addOns, scope }: Extract<GroupMapping['gives'], { kind: 'role' }>): GrantTarget {
  const what = isRoleName(role) ? { builtIn: role, roleId: null } : { builtIn: null, roleId: role };
  return { ...what, ...columnsOf(readScope(scope)), addOns: [...new Set(addOns)] };
}
