import { explain, formatSelector, type Grant, type Permission, type Resource, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { AccessExplanation, GrantScope } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import type { Principal } from '../sessions/principal.ts';
import { GrantsStore } from './grants.store.ts';
import type { ListedGrant } from './given-grants.store.ts';
import { GivingService } from './giving.service.ts';
import { readResource } from './read-resource.ts';
import { Resources } from './resources.ts';
import { RightsService } from './rights.service.ts';

export interface Question {
  readonly user?: string | undefined;
  readonly permission: Permission;
  readonly resource: string;
}

/** Who wants to know. */
export type Asking = Pick<Principal, 'userId' | 'name' | 'rights'>;

const mostToAsk = 5;

/** Where an explanation finds what it tells of. */
@Injectable()
export class ExplainSources {
  constructor(
    readonly store: GrantsStore,
    readonly hosts: HostDirectory,
    readonly giving: GivingService,
  ) {}
}

/** Why somebody may do something, or why not and whom to ask. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly sources: ExplainSources,
    private readonly rights: RightsService,
    private readonly resources: Resources,
  ) {}

  /** About oneself, or about others for whoever manages people. `not-found` for a host that the caller does not see. */
  async explain({ user, ...question }: Question, by: Asking): Promise<AccessExplanation> {
    const isOneself = user === undefined || user === by.userId || user.toLowerCase() === by.name;
    if (!isOneself && !this.sources.giving.holdsOver(by, 'user:manage', { kind: 'global' }))
      throw new Failure('forbidden', 'user:manage is needed for this');
    const { resource } = readResource(question.resource, by.rights, { hosts: this.sources.hosts, resources: this.resources });
    if (isOneself) return this.#tell(question, resource, { name: by.name, rights: by.rights });
    const person = await this.#find(user);
    return this.#tell(question, resource, { name: person.name, rights: this.rights.of(person.id) });
  }

  async #tell(question: Omit<Question, 'user'>, resource: Resource, who: { name: string; rights: Rights }): Promise<AccessExplanation> {
    const found = explain(who.rights, question.permission, resource);
    const grants = await this.sources.store.list();
    const grant =
      found.grant &&
      describe(
        found.grant,
        grants.find(({ id }) => id === found.grant?.id),
      );
    const told = { ...question, who: who.name, isAllowed: found.isAllowed, ...(grant ? { grant } : {}) };
    if (found.isAllowed) return { ...told, ask: [] };
    return { ...told, miss: found.miss, ask: await this.#whomToAsk(question.permission, resource) };
  }

  /** People who can sign in, hold the permission there and manage grants there. */
  async #whomToAsk(permission: Permission, resource: Resource): Promise<string[]> {
    const people = await this.sources.store.people();
    const can = ({ id }: { id: string }, what: Permission): boolean => explain(this.rights.of(id), what, resource).isAllowed;
    return people
      .filter(({ kind, disabledAt }) => kind === 'person' && disabledAt === null)
      .filter((person) => can(person, permission) && can(person, 'grant:manage'))
      .slice(0, mostToAsk)
      .map(({ name }) => name);
  }

  async #find(user: string): Promise<{ id: string; name: string }> {
    const person = (await this.sources.store.people()).find(({ id, name }) => id === user || name === user.toLowerCase());
    if (!person) throw new Failure('not-found', `no such person: ${user}`);
    return person;
  }
}

function describe({ id, role, scope, expiresAt }: Grant, stored: ListedGrant | undefined): NonNullable<AccessExplanation['grant']> {
  const team = stored?.team?.name;
  const where: GrantScope = scope.kind === 'labels' ? { kind: 'labels', selector: formatSelector(scope.selector) } : scope;
  return {
    id,
    role: stored?.role?.name ?? role,
    scope: where,
    ...(team === undefined ? {} : { team }),
    ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
  };
}
