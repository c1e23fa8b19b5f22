import type { Permission } from '@gantry/access';

/** What people ask of a place, each by the permission that stands for it. */
export const capabilities = {
  look: 'container:view',
  logs: 'container:logs',
  operate: 'container:restart',
  exec: 'container:exec',
  files: 'files:read',
  deploy: 'container:create',
  elevated: 'container:elevated',
  host: 'host:edit',
  rights: 'grant:manage',
} as const satisfies Readonly<Record<string, Permission>>;

export type Capability = keyof typeof capabilities;
export const capabilityNames = Object.keys(capabilities) as readonly Capability[];

/** With one of these somebody can take over a host, read secrets, destroy data or give rights away: marked wherever it is chosen. */
const dangerous: ReadonlySet<Permission> = new Set<Permission>([
  ...(['host:shell', 'host:remove', 'host:prune', 'container:elevated', 'container:exec', 'container:attach', 'env:reveal'] as const),
  ...(['files:read', 'files:write', 'session:join', 'volume:remove', 'volume:restore', 'secret:manage', 'registry:manage'] as const),
  ...(['access:approve', 'grant:manage', 'team:manage', 'policy:manage', 'user:manage', 'role:manage', 'sso:manage'] as const),
  ...(['apiToken:any', 'system:settings', 'system:upgrade', 'system:backup', 'system:restore', 'owner:transfer'] as const),
]);

export function isDangerous(permission: Permission): boolean {
  return dangerous.has(permission);
}
