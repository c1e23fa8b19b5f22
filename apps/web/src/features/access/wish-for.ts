import { type AddOn, addOnNames, addOns, catalogue, type Permission, type RoleName, roles } from '@gantry/access';
import type { GrantScope } from '@gantry/contract';

/** From the least to the most. */
const byPower = ['viewer', 'auditor', 'operator', 'deployer', 'host-admin', 'admin', 'owner'] as const satisfies readonly RoleName[];

/** The least of the built-in roles that holds a permission, with the add-on that it takes. */
export function roleFor(permission: Permission): { role: RoleName; addOns: readonly AddOn[] } {
  for (const role of byPower) {
    if (roles[role].permissions.has(permission)) return { role, addOns: [] };
    const added = addOnNames.filter((name) => roles[role].addOns.includes(name) && addOns[name].includes(permission));
    if (added.length > 0) return { role, addOns: added };
  }
  return { role: 'owner', addOns: [] };
}

/** The smallest scope that reaches what a text names (`container/<host>/<name>`) and in which the permission can be given. */
export function scopeFor(
  permission: Permission,
  resource: string,
  stackOf: (host: string, container: string) => string | undefined,
): GrantScope {
  const [kind = '', host = '', ...rest] = resource.split('/');
  const { reach } = catalogue[permission];
  if (kind === 'installation' || host === '' || reach === 'global' || reach === 'group') return { kind: 'global' };
  const name = rest.join('/');
  const project = kind === 'stack' ? name : kind === 'container' ? stackOf(host, name) : undefined;
  return reach === 'any' && project !== undefined && project !== '' ? { kind: 'stack', host, project } : { kind: 'host', host };
}
