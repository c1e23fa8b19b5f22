export { type Asked, elevatedFields } from './admission/elevated.ts';
export { permissionsOnHost } from './admission/permissions-on-host.ts';
export { contains, type GroupsOf, lacking } from './covers.ts';
export {
  decide,
  type Grant,
  installation,
  isGiven,
  isLive,
  permissionsOf,
  reaches,
  type Resource,
  type Rights,
  type Scope,
} from './decide.ts';
export { explain, type Explanation, type Miss } from './explain.ts';
export { formatSelector, type Labels, parseSelector, type Selector, selects, type Term } from './labels.ts';
export { catalogue, isPermission, type Permission, permissions, type Reach } from './permissions.ts';
export {
  type AddOn,
  addOnNames,
  addOns,
  type BuiltInRole,
  everywhere,
  grantOf,
  type GrantOfRole,
  isRoleName,
  type RoleName,
  roleNames,
  roles,
} from './roles.ts';
export { can, canMask, type ContainerVerb, containerVerbs } from './verbs.ts';
