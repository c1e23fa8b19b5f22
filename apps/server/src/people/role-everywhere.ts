import { type Grant, isLive, type Rights, type RoleName, roleNames } from '@gantry/access';

/** The strongest built-in role that somebody has everywhere; undefined for one whose rights are in parts. */
export function roleEverywhere({ grants }: Rights, now = new Date()): RoleName | undefined {
  const has = (name: RoleName, { role, scope, ...grant }: Grant): boolean => role === name && scope.kind === 'global' && isLive(grant, now);
  return roleNames.find((name) => grants.some((grant) => has(name, grant)));
}
