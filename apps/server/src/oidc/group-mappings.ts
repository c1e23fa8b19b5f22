import { isRoleName } from '@gantry/access';
import { GroupMapping } from '@gantry/contract';
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
  return list.flatMap((one) => GroupMapping.safeParse(one).data ?? []);
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
