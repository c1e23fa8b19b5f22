import { catalogue, type Permission, permissions } from './permissions.ts';

export const roleNames = ['owner', 'viewer'] as const;

export type RoleName = (typeof roleNames)[number];

/** What each role holds. The owner holds the whole catalogue, the viewer what only reads. */
export const roles: Readonly<Record<RoleName, ReadonlySet<Permission>>> = {
  owner: new Set(permissions),
  viewer: new Set(permissions.filter((permission) => catalogue[permission].viewer)),
};
