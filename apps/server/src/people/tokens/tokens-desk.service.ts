import { isPermission } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { ApiToken, BodyOf, createOwnToken, NewApiToken } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { GivingService } from '../../access/giving.service.ts';
import type { Principal } from '../../sessions/principal.ts';
import { limitOf } from '../../sessions/token-limit.ts';
import { TokensService } from '../../sessions/tokens.service.ts';
import type { StoredToken } from '../../sessions/tokens.store.ts';
import { UsersStore } from '../users.store.ts';

const dayMs = 24 * 3_600_000;
const mostPerOwner = 100;

type Wanted = BodyOf<typeof createOwnToken>;

/** Where tokens are made and revoked. */
@Injectable()
export class TokensDeskService {
  constructor(
    private readonly tokens: TokensService,
    private readonly users: UsersStore,
    private readonly giving: GivingService,
  ) {}

  async list(ownerId?: string): Promise<ApiToken[]> {
    return (await this.tokens.list(ownerId)).map(describe);
  }

  /** Limits that the owner's own rights do not reach are no harm: what counts is what both allow. `exhausted` with a hundred of them. */
  async makeOwn({ userId }: Principal, wanted: Wanted): Promise<NewApiToken> {
    return this.#make(userId, wanted);
  }

  /** `not-found` for nobody, `conflict` for a person: they make their own. `forbidden` for a permission that the maker lacks, or has for less long. */
  async makeForService(maker: Principal, serviceId: string, wanted: Wanted): Promise<NewApiToken> {
    const service = await this.users.find(serviceId);
    if (!service) throw new Failure('not-found', `no such service: ${serviceId}`);
    if (service.kind !== 'service') throw new Failure('conflict', `${service.name} is a person: people make their own tokens`);
    const expiresAt = endOf(wanted);
    for (const grant of limitOf({ id: '', permissions: wanted.permissions, hosts: wanted.hosts ?? [], expiresAt }))
      this.giving.refuseBeyond(maker, grant);
    return this.#make(serviceId, wanted, expiresAt);
  }

  /** `not-found` where there is none, or it is of somebody else. */
  async revoke(id: string, ownerId?: string): Promise<void> {
    if (!(await this.tokens.revoke(id, ownerId))) throw new Failure('not-found', `no such token: ${id}`);
  }

  async #make(userId: string, wanted: Wanted, expiresAt = endOf(wanted)): Promise<NewApiToken> {
    if ((await this.tokens.list(userId)).length >= mostPerOwner)
      throw new Failure('exhausted', `there are ${mostPerOwner} tokens already: revoke those that nobody uses`);
    const { name, permissions, hosts = [] } = wanted;
    const { token, stored } = await this.tokens.make({ userId, name, permissions: [...permissions], hosts: [...hosts], expiresAt });
    return { token, described: describe(stored) };
  }
}

function endOf({ expiresInDays }: Wanted): Date {
  return new Date(Date.now() + expiresInDays * dayMs);
}

function describe({
  id,
  name,
  prefix,
  userId,
  user,
  permissions,
  hosts,
  createdAt,
  expiresAt,
  lastUsedAt,
  lastAddress,
}: StoredToken): ApiToken {
  return {
    id,
    name,
    prefix,
    owner: { id: userId, name: user.name },
    permissions: permissions.filter(isPermission),
    ...(hosts.length > 0 ? { hosts: [...hosts] } : {}),
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    ...(lastUsedAt ? { lastUsedAt: lastUsedAt.toISOString() } : {}),
    ...(lastAddress === null ? {} : { lastAddress }),
  };
}
