import { type Permission, type RoleName, roles } from '@gantry/access';

/** The sets of permissions that are offered: what a role holds, or everything. */
export const tokenPresets = ['viewer', 'operator', 'deployer', 'host-admin', 'owner'] as const satisfies readonly RoleName[];
export type TokenPreset = (typeof tokenPresets)[number];

export const tokenLives = [7, 30, 90, 365] as const;

/** What a preset gives of that which the person has. */
export function permissionsOf(preset: TokenPreset, own: ReadonlySet<Permission>): Permission[] {
  return [...roles[preset].permissions].filter((permission) => own.has(permission));
}

/** By what they are about: `container:start` and `container:stop` stand together. */
export function grouped(permissions: Iterable<Permission>): { noun: string; permissions: Permission[] }[] {
  const groups = Map.groupBy(permissions, (permission) => permission.split(':')[0] ?? '');
  return [...groups].map(([noun, members]) => ({ noun, permissions: members }));
}
