import { isRoleName } from '@gantry/access';
import type { AccessGrant, GrantScope } from '@gantry/contract';
import { text } from '../../i18n/i18n.ts';

/** What ids are called. */
export interface ScopeNames {
  readonly host: (id: string) => string;
  readonly group: (id: string) => string;
}

/** A built-in role in the words of the language, one that people made by its name. */
export function roleWords({ id, name }: AccessGrant['role']): string {
  return isRoleName(id) ? text(`role.${id}`) : name;
}

/** Where a grant holds, as it is read behind a role: everywhere, host fra1, team=web. */
export function scopeWords(scope: GrantScope, { host, group }: ScopeNames): string {
  switch (scope.kind) {
    case 'global':
      return text('access.everywhere');
    case 'group':
      return text('access.onGroup', { name: group(scope.group) });
    case 'host':
      return text('access.onHost', { name: host(scope.host) });
    case 'stack':
      return text('access.onStack', { name: scope.project, host: host(scope.host) });
    case 'labels':
      return text('access.onLabels', { selector: scope.selector });
  }
}
