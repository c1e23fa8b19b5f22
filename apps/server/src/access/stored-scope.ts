import { formatSelector, parseSelector, type Scope } from '@gantry/access';
import type { StoredGrant } from './given-grants.store.ts';

type Columns = Pick<StoredGrant, 'scope' | 'groupId' | 'hostId' | 'project' | 'selector'>;

/** The scope of a stored grant; undefined for one that this program cannot read, which reaches nothing. */
export function scopeOf({ scope, groupId: group, hostId: host, project, selector }: Columns): Scope | undefined {
  switch (scope) {
    case 'global':
      return { kind: 'global' };
    case 'group':
      return group === null ? undefined : { kind: 'group', group };
    case 'host':
      return host === null ? undefined : { kind: 'host', host };
    case 'stack':
      return host === null || project === null ? undefined : { kind: 'stack', host, project };
    case 'labels':
      return selectorScope(selector);
    default:
      return undefined;
  }
}

/** How a scope is stored. */
export function columnsOf(scope: Scope): Columns {
  const none = { groupId: null, hostId: null, project: null, selector: null };
  switch (scope.kind) {
    case 'global':
      return { ...none, scope: scope.kind };
    case 'group':
      return { ...none, scope: scope.kind, groupId: scope.group };
    case 'host':
      return { ...none, scope: scope.kind, hostId: scope.host };
    case 'stack':
      return { ...none, scope: scope.kind, hostId: scope.host, project: scope.project };
    case 'labels':
      return { ...none, scope: scope.kind, selector: formatSelector(scope.selector) };
  }
}

function selectorScope(text: string | null): Scope | undefined {
  try {
    return { kind: 'labels', selector: parseSelector(text ?? '') };
  } catch {
    return undefined; // a later version's
  }
}
