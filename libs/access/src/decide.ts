import { type Labels, type Selector, selects } from './labels.ts';
import { catalogue, type Permission, permissions, type Reach } from './permissions.ts';

/** Where a grant holds. A stack is a project on one host; labels are those of the resource, what the server holds before what users wrote. */
export type Scope =
  | { readonly kind: 'global' }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'stack'; readonly host: string; readonly project: string }
  | { readonly kind: 'labels'; readonly selector: Selector };

/** One role given to one subject somewhere, with what the role and its add-ons hold. */
export interface Grant {
  readonly id: string;
  readonly role: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Of the permissions, those that hold only for what belongs to a stack (a deployer removes volumes of stacks). */
  readonly inStacksOnly?: ReadonlySet<Permission>;
  readonly scope: Scope;
  readonly expiresAt?: Date;
}

/** What somebody may do: what any of the grants allows, and where there is a limit (an API token's), what that allows as well. */
export interface Rights {
  readonly grants: readonly Grant[];
  readonly within?: readonly Grant[];
  /** The moment that is asked about; now where nothing is said. */
  readonly at?: Date;
}

/** Where something stands: its host, the groups that the host is in, its labels (what the server holds wins over what users wrote). */
interface Place {
  readonly host: string;
  readonly groups: readonly string[];
  readonly labels: Labels;
  /** Only some of the labels are known: what a selector excludes may be among the others. */
  readonly hasMoreLabels?: boolean;
}

/** What somebody wants to touch: the installation itself, a host, or something on a host. */
export type Resource =
  | { readonly kind: 'installation' }
  | ({ readonly kind: 'host' } & Place)
  | ({
      readonly kind: 'container' | 'image' | 'network' | 'volume' | 'exec' | 'stack';
      readonly id: string;
      /** The compose project that it belongs to, or is. */
      readonly stack?: string;
    } & Place);

export const installation: Resource = Object.freeze({ kind: 'installation' });

const reaching: Readonly<Record<Reach, readonly Scope['kind'][]>> = {
  global: ['global'],
  group: ['global', 'group'],
  host: ['global', 'group', 'host'],
  any: ['global', 'group', 'host', 'stack', 'labels'],
};

/**
 * The one decision: whether any live grant reaches the resource with a role that holds the permission, and a limit, where there is one, does
 * too. No grant, an empty set, a permission or scope that this program does not know, an expired grant: denied. There are no negative grants,
 * so an additional one never takes anything away.
 */
export function decide({ grants, within, at = new Date() }: Rights, permission: Permission, resource: Resource): boolean {
  const allows = (grant: Grant): boolean => isLive(grant, at) && reaches(grant.scope, resource) && holds(grant, permission, resource);
  return grants.some(allows) && (within === undefined || within.some(allows));
}

/** What the rights allow somewhere at least: for the pages, which hide what is nowhere permitted. */
export function permissionsOf({ grants, within, at = new Date() }: Rights): Permission[] {
  const somewhere = (all: readonly Grant[]): ReadonlySet<Permission> =>
    new Set(all.filter((grant) => isLive(grant, at)).flatMap((grant) => [...grant.permissions].filter((one) => isGiven(grant, one))));
  const [held, limit] = [somewhere(grants), within && somewhere(within)];
  return permissions.filter((permission) => held.has(permission) && (limit === undefined || limit.has(permission)));
}

/** Whether the grant counts still. */
export function isLive({ expiresAt }: Pick<Grant, 'expiresAt'>, now: Date): boolean {
  return expiresAt === undefined || expiresAt.getTime() > now.getTime();
}

/** Whether the resource lies in the scope. */
export function reaches(scope: Scope, resource: Resource): boolean {
  if (scope.kind === 'global') return true;
  return resource.kind !== 'installation' && isIn(scope, resource);
}

/** Grants come from a database, where a later version may have written: a kind of scope that is not among these holds nothing. */
function isIn(scope: Exclude<Scope, { kind: 'global' }>, resource: Exclude<Resource, { kind: 'installation' }>): boolean {
  switch (scope.kind) {
    case 'group':
      return resource.groups.includes(scope.group);
    case 'host':
      return resource.host === scope.host;
    case 'stack':
      return resource.kind !== 'host' && resource.host === scope.host && resource.stack === scope.project && scope.project !== '';
    case 'labels':
      return selects(scope.selector, resource.labels, resource.hasMoreLabels);
  }
}

/** Whether the grant holds the permission where it stands: some can be held for a whole host, or for everything, only. */
export function isGiven({ permissions: held, scope }: Grant, permission: Permission): boolean {
  return held.has(permission) && Object.hasOwn(catalogue, permission) && reaching[catalogue[permission].reach].includes(scope.kind);
}

function holds(grant: Grant, permission: Permission, resource: Resource): boolean {
  if (!isGiven(grant, permission)) return false;
  if (!grant.inStacksOnly?.has(permission)) return true;
  return resource.kind !== 'installation' && resource.kind !== 'host' && resource.stack !== undefined;
}
