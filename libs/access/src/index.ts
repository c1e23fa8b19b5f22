export { type Asked, elevatedFields } from './admission/elevated.ts';
export { decide, type Grant, installation, permissionsOf, type Resource, type Scope } from './decide.ts';
export { catalogue, isPermission, type Permission, permissions, type Reach } from './permissions.ts';
export { type RoleName, roleNames, roles } from './roles.ts';
export { can, canMask, type ContainerVerb, containerVerbs } from './verbs.ts';
