import type { Permission } from '@gantry/access';
import type { MessageKey } from '../../i18n/i18n.ts';

/** The pages about access, in the order of their tabs; the names are those of the router. */
export const accessPlaces: readonly { readonly name: string; readonly label: MessageKey; readonly permission?: Permission }[] = [
  { name: 'grants', label: 'access.grants', permission: 'grant:manage' },
  { name: 'matrix', label: 'access.matrix', permission: 'grant:manage' },
  { name: 'teams', label: 'access.teams', permission: 'team:manage' },
  { name: 'roles', label: 'access.roles', permission: 'grant:manage' },
  { name: 'host-groups', label: 'access.groups', permission: 'grant:manage' },
  { name: 'requests', label: 'access.requests' },
  { name: 'explain', label: 'access.explain' },
];
