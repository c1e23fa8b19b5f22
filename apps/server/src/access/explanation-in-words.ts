import { type AddOn, addOnNames, addOns, catalogue, isPermission, isRoleName, type Reach, roles } from '@gantry/access';
import type { AccessExplanation, GrantScope } from '@gantry/contract';

/** What ids are called. */
export interface Names {
  readonly object: string;
  readonly host: (id: string) => string;
  readonly group: (id: string) => string;
}

type Told = NonNullable<AccessExplanation['grant']>;

const smallest: Readonly<Record<Reach, string>> = {
  global: 'everywhere alone',
  group: 'for a group of hosts or everywhere',
  host: 'for a whole host or more',
  any: 'anywhere',
};

/** One sentence: whether somebody may do it, by which grant; or what comes nearest, and whom to ask. */
export function explanationInWords(told: AccessExplanation, names: Names): string {
  const { who, permission, isAllowed, grant, ask } = told;
  if (isAllowed) return `${who} may ${permission} ${names.object}: ${grant ? grantInWords(grant, names) : 'a grant'}`;
  const asked = ask.length > 0 ? `ask: ${ask.join(', ')}` : 'nobody who manages grants there has it to give';
  return `${who} may not ${permission} ${names.object}: ${missInWords(told, names)}; ${asked}`;
}

function missInWords({ permission, miss, grant }: AccessExplanation, names: Names): string {
  if (miss === 'unknown-permission') return 'nobody can have it';
  if (!grant) return 'they have no grant that is in force';
  const near = grantInWords(grant, names);
  switch (miss) {
    case 'expired':
      return `the grant that gave it has ended: ${near}`;
    case 'token':
      return `the token does not have it, though they do: ${near}`;
    case 'reach':
      return `${near} is too small: ${permission} is given ${smallest[isPermission(permission) ? catalogue[permission].reach : 'any']}`;
    case 'role':
      return `the nearest grant, ${near}, lacks it${hint(permission, grant.role)}`;
    case 'scope':
    case 'nothing':
    case undefined:
      return `no grant of theirs reaches it; the nearest is ${near}`;
  }
}

/** As `role operator by team web on stack fra1/shop until 2026-12-01T00:00:00.000Z`. */
function grantInWords({ role, team, scope, expiresAt }: Told, names: Names): string {
  const by = team === undefined ? '' : ` by team ${team}`;
  const until = expiresAt === undefined ? '' : ` until ${expiresAt}`;
  return `role ${role}${by} ${scopeInWords(scope, names)}${until}`;
}

function scopeInWords(scope: GrantScope, { host, group }: Names): string {
  switch (scope.kind) {
    case 'global':
      return 'everywhere';
    case 'group':
      return `on the hosts of group ${group(scope.group)}`;
    case 'host':
      return `on host ${host(scope.host)}`;
    case 'stack':
      return `on stack ${host(scope.host)}/${scope.project}`;
    case 'labels':
      return `on what is labelled ${scope.selector}`;
  }
}

/** What would make a built-in role do. */
function hint(permission: string, role: string): string {
  if (!isRoleName(role) || !isPermission(permission)) return '';
  if (roles[role].inStacksOnly.has(permission)) return ' for what belongs to no stack';
  const gives = (name: AddOn): boolean => addOns[name].includes(permission) && roles[role].addOns.includes(name);
  const addOn = addOnNames.find(gives);
  return addOn === undefined ? '' : ` without the add-on ${addOn}`;
}
