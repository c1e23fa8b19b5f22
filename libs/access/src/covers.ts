import { type Grant, isGiven, isLive, type Rights, type Scope } from './decide.ts';
import { selectsAllOf } from './labels.ts';
import type { Permission } from './permissions.ts';

/** The groups that a host is in now. */
export type GroupsOf = (host: string) => readonly string[];

/**
 * What somebody with these rights lacks to give that grant to another: everything that it would give has to be theirs in the whole of its scope,
 * and for at least as long. Empty where they may give it.
 */
export function lacking(rights: Rights, given: Grant, groupsOf: GroupsOf): Permission[] {
  const { grants, within, at = new Date() } = rights;
  return [...given.permissions].filter((permission) => {
    if (!isGiven(given, permission)) return false;
    const isBound = given.inStacksOnly?.has(permission) === true;
    const does = (own: Grant): boolean =>
      isLive(own, at) &&
      isGiven(own, permission) &&
      lastsAsLong(own, given) &&
      (isBound || own.inStacksOnly?.has(permission) !== true) &&
      contains(own.scope, given.scope, groupsOf);
    return !(grants.some(does) && (within === undefined || within.some(does)));
  });
}

function lastsAsLong(own: Grant, given: Grant): boolean {
  return own.expiresAt === undefined || (given.expiresAt !== undefined && given.expiresAt <= own.expiresAt);
}

/** Whether everything in `inner` is in `outer`, whatever there will be. */
export function contains(outer: Scope, inner: Scope, groupsOf: GroupsOf): boolean {
  switch (outer.kind) {
    case 'global':
      return true;
    case 'group':
      return inner.kind === 'group' ? inner.group === outer.group : 'host' in inner && groupsOf(inner.host).includes(outer.group);
    case 'host':
      return 'host' in inner && inner.host === outer.host;
    case 'stack':
      return inner.kind === 'stack' && inner.host === outer.host && inner.project === outer.project;
    case 'labels':
      return inner.kind === 'labels' && selectsAllOf(outer.selector, inner.selector);
  }
}
