import { permissionsOf } from '@gantry/access';
import { Failure } from '@gantry/base';
import { type Me, UserName } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import type { Allowance } from '../sessions/throttle.service.ts';
import { AttemptsService } from './attempts.service.ts';
import { isPassword } from './password.ts';
import { roleEverywhere } from './role-everywhere.ts';
import { preferencesOf } from './users.service.ts';
import { type StoredUser, UsersStore } from './users.store.ts';

/** Where a sign-in comes from. */
export interface Origin {
  readonly address: string;
  readonly userAgent: string;
}

/** A person who is signed in now: the token for the cookie and what the page wants to know. */
export interface SignedIn {
  readonly token: string;
  readonly me: Me;
}

@Injectable()
export class LoginService {
  constructor(
    private readonly store: UsersStore,
    private readonly sessions: SessionsService,
    private readonly attempts: AttemptsService,
  ) {}

  /** `unauthenticated` for a wrong name and a wrong password alike, in the same time; `exhausted` after too many tries. */
  async login(given: { name: string; password: string }, from: Origin): Promise<SignedIn> {
    const name = UserName.safeParse(given.name).data;
    const allowances = allowancesOf(name ?? given.name, from.address);
    await this.attempts.enter(allowances);
    const user = name === undefined ? null : await this.store.findByName(name);
    const isRight = await isPassword(given.password, user?.passwordHash);
    const deed = { who: user?.name ?? 'somebody', userId: user?.id, action: 'login', target: '', address: from.address };
    if (!user || !isRight) {
      await this.attempts.failed(deed);
      throw new Failure('unauthenticated', 'wrong name or password');
    }
    await this.attempts.succeeded(allowances, deed);
    await this.store.update(user.id, { lastLoginAt: new Date() });
    return this.open(user, from);
  }

  /** Opens a session without asking: the person has proven who they are in another way. */
  async open(user: StoredUser, from: Origin): Promise<SignedIn> {
    const { token, principal } = await this.sessions.open(user.id, from);
    return { token, me: describe(principal, user) };
  }

  /** A fresh session in place of those that a change of the password has ended. */
  async reopen(userId: string, from: Origin): Promise<SignedIn> {
    return this.open(await this.#load(userId), from);
  }

  async logout({ sessionId }: Principal): Promise<void> {
    await this.sessions.close(sessionId);
  }

  async me(principal: Principal): Promise<Me> {
    return describe(principal, await this.#load(principal.userId));
  }

  async #load(userId: string): Promise<StoredUser> {
    const user = await this.store.find(userId);
    if (!user) throw new Failure('unauthenticated', 'this person was removed');
    return user;
  }
}

/** Few tries for one name from one address, more for an address, many for a name: strangers must not be able to lock somebody out. */
function allowancesOf(name: string, address: string): Allowance[] {
  return [
    { key: `pair:${name}|${address}`, free: 5 },
    { key: `address:${address}`, free: 30 },
    { key: `name:${name}`, free: 100 },
  ];
}

function describe({ rights, endsAt }: Principal, user: StoredUser): Me {
  const { id, name } = user;
  const role = roleEverywhere(rights);
  return {
    id,
    name,
    ...(role ? { role } : {}),
    permissions: permissionsOf(rights),
    preferences: preferencesOf(user),
    sessionEndsAt: endsAt.toISOString(),
  };
}
