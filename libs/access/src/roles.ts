import type { Grant, Scope, Rights } from './decide.ts';
import { catalogue, type Permission, permissions } from './permissions.ts';

export const roleNames = ['owner', 'admin', 'host-admin', 'deployer', 'operator', 'viewer', 'auditor'] as const;

/** The roles that are always there; those that people make are named by an id. */
export type RoleName = (typeof roleNames)[number];

export const addOnNames = ['exec', 'files', 'env', 'shell'] as const;

/** What a grant may carry beyond its role, where the role allows it. */
export type AddOn = (typeof addOnNames)[number];

export const addOns: Readonly<Record<AddOn, readonly Permission[]>> = {
  exec: ['container:exec', 'container:attach'],
  files: ['files:read', 'files:write'],
  env: ['env:reveal'],
  shell: ['host:shell'],
};

export interface BuiltInRole {
  readonly permissions: ReadonlySet<Permission>;
  /** The add-ons that a grant of this role may carry; others give nothing. */
  readonly addOns: readonly AddOn[];
  /** Of the permissions, those that hold only for what belongs to a stack. */
  readonly inStacksOnly: ReadonlySet<Permission>;
}

const looking: readonly Permission[] = [
  ...(['host:view', 'host:metrics', 'engine:info'] as const),
  ...(['container:list', 'container:view', 'container:stats', 'container:top', 'container:diff', 'container:inspect'] as const),
  ...(['stack:view', 'stack:plan', 'stack:history', 'image:list', 'network:list', 'volume:list'] as const),
  ...(['job:view', 'alert:view', 'event:view'] as const),
];
const reading: readonly Permission[] = [...looking, 'container:logs', 'logs:search', 'access:request'];
const operating: readonly Permission[] = [
  ...reading,
  ...(['container:start', 'container:stop', 'container:restart', 'container:kill', 'container:pause', 'container:updateImage'] as const),
  ...(['stack:start', 'stack:stop', 'stack:restart', 'stack:rollback', 'stack:redeploy'] as const),
  ...(['image:pull', 'volume:backup', 'registry:use', 'job:run', 'alert:silence'] as const),
];
const deploying: readonly Permission[] = [
  ...operating,
  ...(['container:create', 'container:edit', 'container:remove', 'container:rename', 'container:commit'] as const),
  ...(['stack:create', 'stack:edit', 'stack:deploy', 'stack:delete', 'stack:adopt', 'stack:move'] as const),
  ...(['image:use', 'image:tag', 'image:build', 'image:push', 'network:create', 'network:connect', 'network:remove'] as const),
  ...(['volume:create', 'volume:restore', 'volume:remove', 'secret:use', 'secret:manage', 'job:manage', 'alert:manage'] as const),
];
const keepingHosts: readonly Permission[] = [
  ...deploying,
  ...(['host:join', 'host:approve', 'host:remove', 'host:edit', 'host:prune', 'agent:upgrade'] as const),
  ...(['joinToken:list', 'joinToken:create', 'joinToken:revoke', 'container:elevated', 'image:remove', 'image:prune'] as const),
  ...(['session:watch', 'session:join', 'session:end', 'audit:view', 'recording:play'] as const),
  ...(['access:approve', 'grant:manage', 'team:manage'] as const),
];
const ofOwnerOnly: readonly Permission[] = [
  ...(['host:shell', 'env:reveal', 'system:backup', 'system:restore', 'owner:transfer'] as const),
];

const role = (held: readonly Permission[], allowed: readonly AddOn[] = [], inStacksOnly: readonly Permission[] = []): BuiltInRole => ({
  permissions: new Set(held),
  addOns: allowed,
  inStacksOnly: new Set(inStacksOnly),
});

/** What each built-in role holds. A permission that is added to the catalogue is the owner's and the administrator's until somebody decides otherwise. */
export const roles: Readonly<Record<RoleName, BuiltInRole>> = {
  owner: role(permissions),
  admin: role(
    permissions.filter((permission) => !ofOwnerOnly.includes(permission)),
    ['env', 'shell'],
  ),
  'host-admin': role(keepingHosts, ['exec', 'files', 'env', 'shell']),
  deployer: role(deploying, ['exec', 'files', 'env'], ['volume:remove']),
  operator: role(operating, ['exec']),
  viewer: role(reading),
  auditor: role([...looking, 'session:watch', 'audit:view', 'recording:play']),
};

export function isRoleName(name: string): name is RoleName {
  return Object.hasOwn(roles, name);
}

/** A grant as it is stored. */
export interface GrantOfRole {
  readonly id: string;
  readonly role: string;
  readonly addOns?: readonly string[];
  readonly scope: Scope;
  readonly expiresAt?: Date;
}

/**
 * The grant of a built-in role, or of one that people made (`custom`: what it holds; names that the catalogue does not know hold nothing). A
 * role that is neither holds nothing.
 */
export function grantOf({ addOns: given = [], ...grant }: GrantOfRole, custom?: readonly string[]): Grant {
  if (!isRoleName(grant.role))
    return { ...grant, permissions: new Set((custom ?? []).filter((name) => Object.hasOwn(catalogue, name)) as Permission[]) };
  const { permissions: held, addOns: allowed, inStacksOnly } = roles[grant.role];
  const added = allowed.filter((addOn) => given.includes(addOn)).flatMap((addOn) => addOns[addOn]);
  return { ...grant, permissions: added.length === 0 ? held : new Set([...held, ...added]), inStacksOnly };
}

/** The rights of somebody who has a built-in role everywhere. */
export function everywhere(name: RoleName): Rights {
  return { grants: [grantOf({ id: name, role: name, scope: { kind: 'global' } })] };
}
