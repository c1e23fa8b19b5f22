import { type Grant, isPermission, type Permission } from '@gantry/access';
import type { StoredToken } from './tokens.store.ts';

/** The limit as grants: what the token may do at most, wherever it may, for as long as it is good: nothing given with it outlasts it. */
export function limitOf({ id, permissions, hosts, expiresAt }: Pick<StoredToken, 'id' | 'permissions' | 'hosts' | 'expiresAt'>): Grant[] {
  const held = new Set<Permission>(permissions.filter(isPermission));
  const limit = (scope: Grant['scope']): Grant => ({ id, role: 'token', permissions: held, scope, expiresAt });
  return hosts.length === 0 ? [limit({ kind: 'global' })] : hosts.map((host) => limit({ kind: 'host', host }));
}
