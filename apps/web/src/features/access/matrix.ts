import { type Grant, isGiven, isLive, type Permission, reaches, type Resource } from '@gantry/access';

/** How much somebody may in a place, in one word: the most that their grants give. */
export const levels = ['none', 'other', 'look', 'operate', 'deploy', 'manage'] as const;
export type Level = (typeof levels)[number];

/** A host, or a group of hosts. */
export interface Column {
  readonly kind: 'group' | 'host';
  readonly id: string;
  readonly name: string;
  readonly place: Resource;
  /** Hosts on which a grant may reach something of it, without reaching all of it. */
  readonly hosts: readonly string[];
}

export interface Cell {
  /** In the whole place. */
  readonly whole: Level;
  /** On something in it: a stack, what labels select, one host of a group. */
  readonly part: Level;
  readonly canExec: boolean;
  /** What is held in the whole place ends by itself, all of it. */
  readonly ends: boolean;
}

/** Hosts on which a grant by labels reaches some container. */
export type HostsOfSelector = (grant: Grant) => ReadonlySet<string>;

/** What these grants give there. */
export function cellOf(grants: readonly Grant[], column: Column, { hostsOf, now }: { hostsOf: HostsOfSelector; now: Date }): Cell {
  const { whole, part } = divided(grants, column, { hostsOf, now });
  const held = permissionsIn(whole);
  return {
    whole: levelOf(held),
    part: levelOf(permissionsIn(part)),
    canExec: held.has('container:exec'),
    ends: whole.length > 0 && whole.every(({ expiresAt }) => expiresAt !== undefined),
  };
}

/** Grants that hold in the whole of a place, and those that hold on something in it. Grants that have ended are in neither. */
export function divided(
  grants: readonly Grant[],
  { place, hosts }: Column,
  { hostsOf, now }: { hostsOf: HostsOfSelector; now: Date },
): { whole: readonly Grant[]; part: readonly Grant[] } {
  const live = grants.filter((grant) => isLive(grant, now));
  const isWhole = ({ scope }: Grant): boolean => reaches(scope, place);
  const isPart = (grant: Grant): boolean => {
    const { scope } = grant;
    if (scope.kind === 'host' || scope.kind === 'stack') return hosts.includes(scope.host);
    return scope.kind === 'labels' && hosts.some((host) => hostsOf(grant).has(host));
  };
  return { whole: live.filter(isWhole), part: live.filter((grant) => !isWhole(grant) && isPart(grant)) };
}

/** Whether one permission is held in a place. */
export function holdsIn(
  grants: readonly Grant[],
  column: Column,
  { permission, hostsOf, now }: { permission: Permission; hostsOf: HostsOfSelector; now: Date },
): 'whole' | 'part' | 'none' {
  const { whole, part } = divided(grants, column, { hostsOf, now });
  if (permissionsIn(whole).has(permission)) return 'whole';
  return permissionsIn(part).has(permission) ? 'part' : 'none';
}

function permissionsIn(grants: readonly Grant[]): ReadonlySet<Permission> {
  return new Set(grants.flatMap((grant) => [...grant.permissions].filter((permission) => isGiven(grant, permission))));
}

function levelOf(held: ReadonlySet<Permission>): Level {
  if (held.size === 0) return 'none';
  if (held.has('host:edit') || held.has('grant:manage')) return 'manage';
  if (held.has('container:create')) return 'deploy';
  if (held.has('container:restart')) return 'operate';
  return held.has('container:view') ? 'look' : 'other';
}
