import { decide, type Grant, isGiven, isLive, reaches, type Resource, type Rights } from './decide.ts';
import { isPermission, type Permission } from './permissions.ts';

/**
 * Why something is not allowed, the nearest miss first: a grant that would do has `expired`; a token stands in the way (`token`); a grant is
 * there, but its `role` lacks the permission; the permission is held, but elsewhere (`scope`) or with a scope that is too small for it
 * (`reach`); there are no grants at all (`nothing`); or nobody can hold it (`unknown-permission`).
 */
export type Miss = 'expired' | 'token' | 'role' | 'reach' | 'scope' | 'nothing' | 'unknown-permission';

export type Explanation =
  { readonly isAllowed: true; readonly grant: Grant } | { readonly isAllowed: false; readonly miss: Miss; readonly grant?: Grant };

/** The grant that allows, or the one that comes nearest. Says what `decide` says. */
export function explain(rights: Rights, permission: Permission, resource: Resource): Explanation {
  const { grants, at = new Date() } = rights;
  const allowing = grants.find((grant) => decide({ grants: [grant], at }, permission, resource));
  if (allowing)
    return decide({ ...rights, grants, at }, permission, resource) ? { isAllowed: true, grant: allowing } : missed('token', allowing);
  if (!isPermission(permission)) return missed('unknown-permission');
  const expired = grants.find((grant) => decide({ grants: [grant], at: new Date(0) }, permission, resource));
  if (expired) return missed('expired', expired);
  const live = grants.filter((grant) => isLive(grant, at));
  const here = live.filter(({ scope }) => reaches(scope, resource));
  const small = here.find((grant) => grant.permissions.has(permission) && !isGiven(grant, permission));
  if (small) return missed('reach', small);
  const [near] = here;
  if (near) return missed('role', near);
  const elsewhere = live.find((grant) => grant.permissions.has(permission)) ?? live[0];
  return elsewhere ? missed('scope', elsewhere) : missed('nothing');
}

function missed(miss: Miss, grant?: Grant): Explanation {
  return { isAllowed: false, miss, ...(grant ? { grant } : {}) };
}
