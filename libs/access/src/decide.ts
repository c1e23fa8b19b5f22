import { type Permission, permissions } from './permissions.ts';
import { type RoleName, roles } from './roles.ts';

/** Where a grant holds. */
export type Scope = { readonly kind: 'global' } | { readonly kind: 'host'; readonly host: string };

/** One role given to one person somewhere. */
export interface Grant {
  readonly role: RoleName;
  readonly scope: Scope;
}

/** What somebody wants to touch: the installation itself, a host, or something on a host. */
export type Resource =
  | { readonly kind: 'installation' }
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'container' | 'image' | 'network' | 'volume' | 'exec'; readonly host: string; readonly id: string };

export const installation: Resource = Object.freeze({ kind: 'installation' });

/**
 * The one decision: whether any of the grants reaches the resource with a role that holds the permission. No grant, no role or an unknown
 * permission denies; there are no negative grants, so an additional one never takes anything away.
 */
export function decide(grants: readonly Grant[], permission: Permission, resource: Resource): boolean {
  return grants.some(({ role, scope }) => reaches(scope, resource) && holds(role, permission));
}

/** What the grants allow somewhere at least: for the pages, which hide what is nowhere permitted. */
export function permissionsOf(grants: readonly Grant[]): Permission[] {
  return permissions.filter((permission) => grants.some(({ role }) => holds(role, permission)));
}

function reaches(scope: Scope, resource: Resource): boolean {
  switch (scope.kind) {
    case 'global':
      return true;
    case 'host':
      return resource.kind !== 'installation' && resource.host === scope.host;
  }
}

/** Roles come from a database: one that this program does not know holds nothing. */
function holds(role: RoleName, permission: Permission): boolean {
  return Object.hasOwn(roles, role) && roles[role].has(permission);
}
