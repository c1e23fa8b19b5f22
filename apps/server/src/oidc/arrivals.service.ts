import { Injectable } from '@nestjs/common';
import { GivingService } from '../access/giving.service.ts';
import type { AccessTransaction } from '../access/given-grants.store.ts';
import type { StoredUser } from '../people/users.store.ts';
import { type Arrival, emailOf, groupsOf, nameFor } from './claims.ts';
import { isSessionGood } from './connecting-session.ts';
import { asItIsNow } from './current-provider.ts';
import { readMappings, rightsBy, type WantedRights } from './group-mappings.ts';
import {
  addIdentity,
  addPerson,
  findByName,
  findPerson,
  findUser,
  IdentitiesStore,
  type IdentityOrigin,
  isKnownAt,
} from './identities.store.ts';
import { applyRights, MappedRightsStore, type RightsChange } from './mapped-rights.store.ts';
import type { StoredProvider } from './providers.store.ts';
import { refuse } from './refusals.ts';

/** Whose account it is, and what was done to it on the way. */
export interface Received {
  readonly user: StoredUser;
  /** As it was set up at that moment. */
  readonly provider: StoredProvider;
  /** Where the identity is new here. */
  readonly connected?: IdentityOrigin;
  /** What the groups gave and took; empty where nothing changed. */
  readonly rights: RightsChange;
}

/** Whose account an identity becomes, for the session that asked for it. */
export interface Connecting {
  readonly userId: string;
  readonly sessionId: string;
  /** Whether that session goes on, as far as this process knows. */
  readonly isStillThere: () => boolean;
}

/** Finds the account of whoever a provider sent, and gives it what their groups give. */
@Injectable()
export class ArrivalsService {
  constructor(
    private readonly identities: IdentitiesStore,
    private readonly mapped: MappedRightsStore,
    private readonly giving: GivingService,
  ) {}

  /**
   * By issuer and subject alone; who is not known gets an account, or the one that is called like their verified address, where the provider is
   * set to do so. When it resolves, rights are what the groups give. What the provider's settings change counts as they are then, not as they were
   * when it was asked. `unauthenticated` with a reason.
   */
  async receive(provider: StoredProvider, arrival: Arrival): Promise<Received> {
    refuseByEmail(provider, arrival);
    const known = await this.identities.userOf(arrival);
    refuseDisabled(known);
    const isSettled = known !== undefined && (await this.mapped.isSettled(whose(provider, known.id), wantedBy(provider, arrival)));
    const received = isSettled ? { user: known, provider, rights: {} } : await this.#change(provider, arrival);
    await this.#used(provider, arrival);
    return received;
  }

  /** Makes it an identity of this person. `unauthenticated` where it is somebody else's, and where the session that asked for it has ended, as by a reset. */
  async connect(asked: StoredProvider, arrival: Arrival, { userId, sessionId, isStillThere }: Connecting): Promise<RightsChange> {
    const rights = await this.giving.rights.change(async (transaction) => {
      if (!isStillThere() || !(await isSessionGood(transaction, sessionId, userId)))
        refuse('begun-elsewhere', 'the session that began this has ended');
      const provider = asItIsNow(await transaction.identityProvider.findUnique({ where: { key: asked.key } }), asked);
      refuseByEmail(provider, arrival);
      const known = await findUser(transaction, arrival);
      if (known && known.id !== userId) refuse('somebody-elses', `${arrival.subject} is ${known.name} here`);
      if (!known) await addIdentity(transaction, arrival, { userId, origin: 'self', providerKey: provider.key });
      return applyRights(transaction, { ...whose(provider, userId), createdBy: provider.name }, wantedBy(provider, arrival));
    });
    await this.#used(asked, arrival);
    return rights;
  }

  async #change(asked: StoredProvider, arrival: Arrival): Promise<Received> {
    return this.giving.rights.change(async (transaction) => {
      const provider = asItIsNow(await transaction.identityProvider.findUnique({ where: { key: asked.key } }), asked);
      refuseByEmail(provider, arrival);
      const known = await findUser(transaction, arrival);
      const received = known ? { user: known } : await this.#admit(transaction, provider, arrival);
      refuseDisabled(received.user);
      const by = { ...whose(provider, received.user.id), createdBy: provider.name };
      return { ...received, provider, rights: await applyRights(transaction, by, wantedBy(provider, arrival)) };
    });
  }

  async #admit(transaction: AccessTransaction, provider: StoredProvider, arrival: Arrival): Promise<Pick<Received, 'user' | 'connected'>> {
    const { key: providerKey } = provider;
    const owned = await this.#ownerOfAddress(transaction, provider, arrival);
    if (owned) {
      await addIdentity(transaction, arrival, { userId: owned.id, origin: 'email', providerKey });
      return { user: owned, connected: 'email' };
    }
    if (!provider.createsPeople) refuse('unknown-person', `${arrival.subject} has no account, and ${provider.name} makes none`);
    const name = nameFor(arrival, providerKey);
    if (await findByName(transaction, name)) refuse('name-taken', `somebody else is called ${name} here`);
    const user = await addPerson(transaction, name);
    await addIdentity(transaction, arrival, { userId: user.id, origin: 'created', providerKey });
    return { user, connected: 'created' };
  }

  /** Only by a verified address, only where whoever set the provider up is not disabled and could give that account another password, and never a second identity of one issuer. */
  async #ownerOfAddress(transaction: AccessTransaction, provider: StoredProvider, arrival: Arrival): Promise<StoredUser | undefined> {
    const { address, isVerified } = emailOf(arrival);
    if (!provider.linksByEmail || !isVerified || address === undefined) return undefined;
    const user = await findByName(transaction, address);
    if (user?.kind !== 'person' || (await isKnownAt(transaction, arrival.issuer, user.id))) return undefined;
    const configurer = provider.configuredById === null ? null : await findPerson(transaction, provider.configuredById);
    const isBounded = configurer?.disabledAt === null && this.giving.mayActOn({ rights: this.giving.rights.of(configurer.id) }, user.id);
    return isBounded ? user : undefined;
  }

  async #used({ key: providerKey }: StoredProvider, arrival: Arrival): Promise<void> {
    const { address, isVerified } = emailOf(arrival);
    await this.identities.used(arrival, { providerKey, email: isVerified && address !== undefined ? address : null });
  }
}

function wantedBy({ mappings, groupsClaim }: StoredProvider, arrival: Arrival): WantedRights {
  return rightsBy(readMappings(mappings), groupsOf(arrival, groupsClaim));
}

function whose({ key: providerKey }: StoredProvider, userId: string): { providerKey: string; userId: string } {
  return { providerKey, userId };
}

/** At each sign-in, not only at the first. */
function refuseByEmail({ emailDomains, name }: StoredProvider, arrival: Arrival): void {
  if (emailDomains.length === 0) return;
  const { address, isVerified } = emailOf(arrival);
  if (address === undefined) refuse('no-email', `${name} names no address of ${arrival.subject}`);
  if (!isVerified) refuse('unverified-email', `${name} has not verified ${address}`);
  const domain = address.slice(address.lastIndexOf('@') + 1);
  if (!emailDomains.includes(domain)) refuse('foreign-domain', `${domain} is none of the domains of ${name}`);
}

function refuseDisabled(user: StoredUser | undefined): void {
  if (user?.disabledAt) refuse('disabled', `${user.name} is disabled`);
}
