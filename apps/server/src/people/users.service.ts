import { grantOf, type RoleName } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { User } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { GivingService } from '../access/giving.service.ts';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { roleEverywhere } from './role-everywhere.ts';
import { type ListedUser, type StoredUser, UsersStore } from './users.store.ts';

/** What those who manage people do with the accounts of others. Each is `forbidden` for somebody who may more than the caller. */
@Injectable()
export class UsersService {
  constructor(
    private readonly store: UsersStore,
    private readonly sessions: SessionsService,
    private readonly giving: GivingService,
  ) {}

  async list(): Promise<User[]> {
    return (await this.store.list()).map((user) => this.#describe(user));
  }

  /** `forbidden` where the role is more than the caller has. */
  async add(person: { name: string; kind: User['kind']; role?: RoleName | undefined }, by: Principal): Promise<User> {
    const { name, kind, role } = person;
    const user = await this.store.add({ name, kind, role, createdBy: by.name }, 'another', () => {
      if (role !== undefined) this.giving.refuseBeyond(by, grantOf({ id: '', role, scope: { kind: 'global' } }));
    });
    return this.#describe({ ...user, totp: null, _count: { passkeys: 0, identities: 0 } });
  }

  async change(
    id: string,
    { name, isDisabled }: { name?: string | undefined; isDisabled?: boolean | undefined },
    by: Principal,
  ): Promise<User> {
    await this.store.change(id, { name, isDisabled }, () => this.giving.refuseAbove(by, id));
    if (isDisabled === true) this.sessions.endAllOf(id, 'revoked');
    return this.#describe(await this.#load(id));
  }

  async remove(id: string, by: Principal): Promise<void> {
    await this.store.remove(id, () => this.giving.refuseAbove(by, id));
    this.sessions.endAllOf(id, 'revoked');
  }

  async #load(id: string): Promise<ListedUser> {
    const user = await this.store.findListed(id);
    if (!user) throw new Failure('not-found', `no such person: ${id}`);
    return user;
  }

  #describe(user: ListedUser): User {
    const { id, name, createdAt, lastLoginAt } = user;
    const role = roleEverywhere(this.giving.rights.of(id));
    return {
      id,
      name,
      kind: isService(user) ? 'service' : 'person',
      ...(role ? { role } : {}),
      state: stateOf(user),
      hasSecondFactor: user.totp?.confirmedAt != null || user._count.passkeys > 0,
      createdAt: createdAt.toISOString(),
      ...(lastLoginAt ? { lastLoginAt: lastLoginAt.toISOString() } : {}),
    };
  }
}

function isService({ kind }: StoredUser): boolean {
  return kind === 'service';
}

/** Whoever has a passkey or comes from a provider needs no password. */
function stateOf(user: ListedUser): User['state'] {
  if (user.disabledAt) return 'disabled';
  const { passkeys, identities } = user._count;
  const hasWay = user.passwordHash !== null || passkeys > 0 || identities > 0;
  return hasWay || isService(user) ? 'active' : 'invited';
}
