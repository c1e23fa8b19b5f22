import {
  contains,
  type Grant,
  grantOf,
  isGiven,
  isLive,
  lacking,
  type Permission,
  permissionsOf,
  type Scope,
  selects,
  type Selector,
} from '@gantry/access';
import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';
import { HostDirectory, type KnownHost } from '../hosts/host-directory.ts';
import type { Principal } from '../sessions/principal.ts';
import { RightsService } from './rights.service.ts';
import type { StoredTeam } from './teams.store.ts';

type By = Pick<Principal, 'rights'>;

/** Nobody gives what they do not have: the one check in front of everything that gives rights to somebody, or moves something into a scope. */
@Injectable()
export class GivingService {
  constructor(
    private readonly hosts: HostDirectory,
    readonly rights: RightsService,
  ) {}

  /** `forbidden`, naming what is missing, where the grant would give more than the giver has in the whole of its scope, or for longer. */
  refuseBeyond(by: By, grant: Grant): void {
    this.refuseTaking(by, grant);
    const missing = this.#lacking(by, grant);
    if (missing !== undefined) throw new Failure('forbidden', `nobody gives for longer than they have it themselves: ${missing}`);
  }

  /** As `refuseBeyond`, for what takes from somebody who has the grant: how long the caller's own rights last does not matter then. */
  refuseTaking(by: By, grant: Grant): void {
    const missing = this.#lackingToTake(by, grant);
    if (missing !== undefined) throw new Failure('forbidden', `nobody gives what they do not have there: ${missing}`);
  }

  /** Nobody acts on the account of somebody who may more than they do (removes it, gives it another password). `forbidden`. */
  refuseAbove(by: By, userId: string): void {
    for (const grant of this.#liveGrantsOf(userId)) this.refuseTaking(by, grant);
  }

  /** Whether somebody manages people, and that person is not above them. */
  mayActOn(by: By, userId: string): boolean {
    if (!this.holdsOver(by, 'user:manage', { kind: 'global' })) return false;
    return this.#liveGrantsOf(userId).every((grant) => this.#lackingToTake(by, grant) === undefined);
  }

  #liveGrantsOf(userId: string): Grant[] {
    return this.rights.of(userId).grants.filter((grant) => isLive(grant, new Date()));
  }

  #lackingToTake(by: By, grant: Grant): string | undefined {
    return this.#lacking(by, { ...grant, expiresAt: new Date(0) });
  }

  #lacking({ rights }: By, grant: Grant): string | undefined {
    const [missing, ...more] = lacking(rights, grant, this.groupsOf);
    return missing === undefined || more.length === 0 ? missing : `${missing} and ${more.length} more`;
  }

  /** Whether the caller holds the permission in the whole of a scope. */
  holdsOver({ rights }: By, permission: Permission, scope: Scope): boolean {
    const now = new Date();
    const does = (own: Grant): boolean => isLive(own, now) && isGiven(own, permission) && contains(own.scope, scope, this.groupsOf);
    return rights.grants.some(does) && (rights.within === undefined || rights.within.some(does));
  }

  /** Whether a team is there for somebody who gives: one whose grants all lie elsewhere is not, one without any is nobody's yet. */
  seesTeam(by: By, teamId: string): boolean {
    return this.#areSomewhere(by, this.rights.ofTeam(teamId));
  }

  /** The same of a person or a service; everybody is there for whoever manages people. */
  seesPerson(by: Pick<Principal, 'rights' | 'userId'>, userId: string): boolean {
    if (by.userId === userId || this.holdsOver(by, 'user:manage', { kind: 'global' })) return true;
    return this.#areSomewhere(by, this.rights.of(userId).grants);
  }

  #areSomewhere(by: By, grants: readonly Grant[]): boolean {
    if (grants.length === 0) return true;
    const now = new Date();
    const managed = by.rights.grants.filter(
      (own) => isLive(own, now) && isGiven(own, 'grant:manage') && this.holdsOver(by, 'grant:manage', own.scope),
    );
    return grants.some(({ scope }) => managed.some((own) => this.#overlap(own.scope, scope)));
  }

  /** Whether there is, or could be, something in both. */
  #overlap(managed: Scope, scope: Scope): boolean {
    if (contains(managed, scope, this.groupsOf) || contains(scope, managed, this.groupsOf)) return true;
    if (scope.kind !== 'labels') return false;
    const isManaged = (host: string): boolean =>
      contains(managed, { kind: 'host', host }, this.groupsOf) || ('host' in managed && managed.host === host);
    // What a host does not say of itself, something on it may.
    return this.hosts.all.some(
      ({ id, labels }) => isManaged(id) && scope.selector.every((term) => labels[term.key] === undefined || selects([term], labels)),
    );
  }

  /** Whether the caller decides who is in the team: see `TeamsService`. */
  managesTeam(by: Pick<Principal, 'rights' | 'userId'>, { id, makerId }: Pick<StoredTeam, 'id' | 'makerId'>): boolean {
    const scopes = this.rights.ofTeam(id).map(({ scope }) => scope);
    if (scopes.length === 0 && makerId === by.userId) return permissionsOf(by.rights).includes('team:manage');
    const needed: Scope[] = scopes.length > 0 ? scopes : [{ kind: 'global' }];
    return needed.every((scope) => this.holdsOver(by, 'team:manage', scope));
  }

  /** Whoever has a grant of the group, or is promised one, gets it on the host. `forbidden` where the caller could not give them that. */
  refuseIntoGroup(by: By, { groupId: group, hostId }: { groupId: string; hostId: string }, promised: readonly Grant[]): void {
    const scope: Scope = { kind: 'host', host: hostId };
    for (const grant of [...this.rights.all, ...promised])
      if (grant.scope.kind === 'group' && grant.scope.group === group) this.refuseBeyond(by, { ...grant, scope });
  }

  /** Grants by labels, also those that are promised, may reach the host once it has other labels. `forbidden` where the caller could not give their holders that. */
  refuseIntoLabels(
    by: By,
    { host, labels }: { host: Pick<KnownHost, 'id' | 'labels'>; labels: Readonly<Record<string, string>> },
    promised: readonly Grant[],
  ): void {
    const changed = [...new Set([...Object.keys(host.labels), ...Object.keys(labels)])].filter((key) => host.labels[key] !== labels[key]);
    const scope: Scope = { kind: 'host', host: host.id };
    for (const grant of [...this.rights.all, ...promised]) {
      if (grant.scope.kind !== 'labels') continue;
      const turned = grant.scope.selector.filter((term) => changed.includes(term.key));
      // Where the host has no such label any more, those of what is on it count, and whoever may create there writes them.
      const isOpened = (term: Selector[number]): boolean => selects([term], labels) || (labels[term.key] === undefined && !term.isNot);
      if (turned.some((term) => isOpened(term) && !selects([term], host.labels))) this.refuseBeyond(by, asIfOn(grant, scope));
    }
  }

  readonly groupsOf = (host: string): readonly string[] => this.hosts.find(host)?.groups ?? [];
}

/** What a grant by labels gives on a host: no more than it gives anywhere. */
function asIfOn(grant: Grant, scope: Scope): Grant {
  const given = [...grant.permissions].filter((permission) => isGiven(grant, permission));
  const { id, expiresAt } = grant;
  return { ...grantOf({ id, role: '', scope, ...(expiresAt ? { expiresAt } : {}) }), permissions: new Set(given) };
}
