import { type Grant, grantOf, isRoleName } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { createIdentityProvider, GroupMapping, IdentityProvider, updateIdentityProvider } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { GivingService } from '../access/giving.service.ts';
import type { AccessTransaction } from '../access/given-grants.store.ts';
import { readScope, refuseAddOns } from '../access/grants.service.ts';
import { findTeam, loadTeam, type StoredTeam } from '../access/teams.store.ts';
import type { InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { isUuid, readMappings, rightsBy, withStoredIds } from './group-mappings.ts';
import { settleMembers, withdrawRights } from './mapped-rights.store.ts';
import { ProviderClients } from './provider-clients.ts';
import {
  addProvider,
  type ListedProvider,
  loadProvider,
  permissionsOfRole,
  ProvidersStore,
  removeProvider,
  replaceProvider,
  type StoredProvider,
} from './providers.store.ts';

type Created = InputOf<typeof createIdentityProvider>['body'];
type Replaced = InputOf<typeof updateIdentityProvider>['body'];
/** A provider as the contract has it, but for what depends on the page's address. */
export type DescribedProvider = Omit<IdentityProvider, 'returnAddress'>;

/** Providers that people sign in with. Nobody lets groups give what they could not give by hand, nor touches a provider whose groups do. */
@Injectable()
export class ProvidersService {
  constructor(
    private readonly store: ProvidersStore,
    private readonly clients: ProviderClients,
    private readonly giving: GivingService,
  ) {}

  async list(): Promise<DescribedProvider[]> {
    return (await this.store.list()).map(describe);
  }

  async add({ clientSecret, mappings, ...settings }: Created, by: Principal): Promise<DescribedProvider> {
    const wanted = { ...settings, mappings: withStoredIds(mappings) };
    const sealed = clientSecret === undefined ? null : this.clients.seal(clientSecret, wanted.key);
    await this.giving.rights.change(async (transaction) => {
      await this.#refuseBeyond(transaction, wanted.mappings, by);
      await addProvider(transaction, { ...wanted, clientSecret: sealed, configuredById: by.userId });
    });
    return describe(await this.#load(wanted.key));
  }

  async replace(key: string, { clientSecret, mappings, ...settings }: Replaced, by: Principal): Promise<DescribedProvider> {
    const wanted = { ...settings, mappings: withStoredIds(mappings) };
    await this.giving.rights.change(async (transaction) => {
      const before = await loadProvider(transaction, key);
      await this.#refuseTaking(transaction, before, by);
      await this.#refuseBeyond(transaction, wanted.mappings, by);
      if (clientSecret === undefined && before.clientSecret !== null && before.issuer !== wanted.issuer)
        throw new Failure('invalid', `clientSecret: give it again, else ${wanted.issuer} would be told that of ${before.issuer}`);
      const sealed = clientSecret === undefined ? before.clientSecret : clientSecret === null ? null : this.clients.seal(clientSecret, key);
      const configuredById = clientSecret === undefined && isLinkedAlike(before, wanted) ? before.configuredById : by.userId;
      await replaceProvider(transaction, { ...wanted, key, clientSecret: sealed, configuredById });
      // Another issuer's people are others, also where they are called alike: nobody keeps what the one before said of them.
      await withdrawRights(transaction, key, rightsBy(before.issuer === wanted.issuer ? wanted.mappings : []));
    });
    return describe(await this.#load(key));
  }

  async remove(key: string, by: Principal): Promise<void> {
    await this.giving.rights.change(async (transaction) => {
      await this.#refuseTaking(transaction, await loadProvider(transaction, key), by);
      await removeProvider(transaction, key);
      await settleMembers(transaction);
    });
  }

  /** Whether it answers, and if not why. `not-found` where there is no such provider. */
  async check(key: string): Promise<{ isGood: boolean; problem?: string }> {
    const provider = await this.#load(key);
    try {
      await this.clients.check(provider);
      return { isGood: true };
    } catch (thrown) {
      const { code, message } = Failure.from(thrown);
      if (code !== 'unavailable') throw thrown;
      return { isGood: false, problem: message };
    }
  }

  async #load(key: string): Promise<ListedProvider> {
    const provider = await this.store.find(key);
    if (!provider) throw new Failure('not-found', `no such provider: ${key}`);
    return provider;
  }

  /** `not-found` for a role that is not there, and for a team that is not, or whose members the caller does not decide about. */
  async #refuseBeyond(transaction: AccessTransaction, mappings: readonly GroupMapping[], by: Principal): Promise<void> {
    for (const { gives } of mappings) {
      if (gives.kind === 'team') this.#refuseForeign(await loadTeam(transaction, gives.team), by);
      for (const grant of await this.#grantsOf(transaction, gives)) {
        if (gives.kind === 'role') this.#refuseUnmanaged(grant, by);
        this.giving.refuseBeyond(by, grant);
      }
    }
  }

  /** What is there may name a team or role that is no more: it gives nothing. */
  async #refuseTaking(transaction: AccessTransaction, { mappings }: StoredProvider, by: Principal): Promise<void> {
    for (const { gives } of readMappings(mappings)) {
      const team = gives.kind === 'team' ? await findTeam(transaction, gives.team) : null;
      if (team) this.#refuseForeign(team, by);
      for (const grant of await this.#grantsOf(transaction, gives, 'lenient')) {
        if (gives.kind === 'role') this.#refuseUnmanaged(grant, by);
        this.giving.refuseTaking(by, grant);
      }
    }
  }

  /** As whoever takes somebody into a team, or out of it, by hand. */
  #refuseForeign(team: StoredTeam, by: Principal): void {
    if (!this.giving.managesTeam(by, team)) throw new Failure('not-found', `no such team: ${team.id}`);
  }

  /** As whoever grants a role, or revokes it, by hand. */
  #refuseUnmanaged({ scope }: Grant, by: Principal): void {
    if (!this.giving.holdsOver(by, 'grant:manage', scope))
      throw new Failure('forbidden', 'grant:manage is needed where the mapped role is given');
  }

  async #grantsOf(transaction: AccessTransaction, gives: GroupMapping['gives'], strictness?: 'lenient'): Promise<readonly Grant[]> {
    if (gives.kind === 'team') return this.giving.rights.ofTeam(gives.team);
    const { role, addOns } = gives;
    const permissions = isUuid(role) ? await permissionsOfRole(transaction, role) : undefined;
    const isMissing = isUuid(role) ? permissions === undefined : !isRoleName(role);
    if (isMissing && strictness === 'lenient') return [];
    if (isMissing) throw new Failure('not-found', `no such role: ${role}`);
    refuseAddOns(role, addOns);
    return [grantOf({ id: '', role, addOns, scope: readScope(gives.scope) }, permissions)];
  }
}

/** Whether nothing changes of what decides whose account somebody there takes over by their address: then whoever vouched for that still does. */
function isLinkedAlike(before: StoredProvider, wanted: Omit<Replaced, 'clientSecret'>): boolean {
  const domains = (of: { readonly emailDomains: readonly string[] }): string => JSON.stringify([...of.emailDomains].sort());
  return (
    before.issuer === wanted.issuer &&
    before.clientId === wanted.clientId &&
    before.linksByEmail === wanted.linksByEmail &&
    domains(before) === domains(wanted) &&
    (before.isEnabled || !wanted.isEnabled)
  );
}

function describe(provider: ListedProvider): DescribedProvider {
  const { key, name, issuer, clientId, clientSecret, scopes, groupsClaim, mappings, secondFactor, createdAt } = provider;
  const { createsPeople, linksByEmail, emailDomains, isEnabled } = provider;
  return {
    ...{ key, name, issuer, clientId, scopes, groupsClaim, createsPeople, linksByEmail, emailDomains, isEnabled },
    hasClientSecret: clientSecret !== null,
    mappings: readMappings(mappings),
    secondFactor: secondFactor === 'amr' || secondFactor === 'always' ? secondFactor : 'never',
    people: provider._count.identities,
    createdAt: createdAt.toISOString(),
  };
}
