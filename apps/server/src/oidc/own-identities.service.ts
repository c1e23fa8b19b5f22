import { Failure } from '@gantry/base';
import type { OwnIdentity } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { RightsService } from '../access/rights.service.ts';
import { refuseLockout } from '../people/refuse-lockout.ts';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { IdentitiesStore, type ListedIdentity, removeIdentity, withdrawGivenBy } from './identities.store.ts';
import type { Purpose } from './provider-flows.ts';

/** Who somebody is at providers. */
@Injectable()
export class OwnIdentitiesService {
  constructor(
    private readonly store: IdentitiesStore,
    private readonly rights: RightsService,
    private readonly sessions: SessionsService,
  ) {}

  async list(userId: string): Promise<OwnIdentity[]> {
    return (await this.store.list(userId)).map(describe);
  }

  /** For a way to a provider that connects it with this account, as long as this session goes on. */
  purposeOf({ userId, name, sessionId }: Principal): Purpose {
    const ended = this.sessions.ended(sessionId);
    return { kind: 'connect', userId, name, sessionId, isStillThere: () => !ended.aborted };
  }

  /** What the provider's groups gave is gone with it. `not-found` where this person has no such, `conflict` where nothing else lets them in. */
  async remove(id: string, userId: string): Promise<void> {
    await this.rights.change(async (transaction) => {
      const removed = await removeIdentity(transaction, id, userId);
      if (!removed) throw new Failure('not-found', `no such identity: ${id}`);
      await refuseLockout(transaction, userId);
      await withdrawGivenBy(transaction, removed, userId);
    });
  }
}

function describe({ id, issuer, provider, email, createdAt, lastUsedAt }: ListedIdentity): OwnIdentity {
  return {
    id,
    issuer,
    ...(provider ? { provider: provider.name } : {}),
    ...(email === null ? {} : { email }),
    createdAt: createdAt.toISOString(),
    ...(lastUsedAt ? { lastUsedAt: lastUsedAt.toISOString() } : {}),
  };
}
