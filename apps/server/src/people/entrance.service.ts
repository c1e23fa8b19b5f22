import { permissionsOf } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { Me } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../sessions/principal.ts';
import { type Entrant, SessionsService } from '../sessions/sessions.service.ts';
import { SignInPolicyService } from '../sessions/sign-in-policy.service.ts';
import { preferencesOf } from './account.service.ts';
import { roleEverywhere } from './role-everywhere.ts';
import { type StoredUser, type UserChange, UsersStore } from './users.store.ts';

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

/** Opens sessions for those who have proven who they are, in whichever way, and ends them. */
@Injectable()
export class EntranceService {
  constructor(
    private readonly store: UsersStore,
    private readonly sessions: SessionsService,
    private readonly policy: SignInPolicyService,
  ) {}

  find(userId: string): Promise<StoredUser | null> {
    return this.store.find(userId);
  }

  findByName(name: string): Promise<StoredUser | null> {
    return this.store.findByName(name);
  }

  /** Opens a session without asking. */
  async open(user: StoredUser & Pick<Entrant, 'via' | 'provenAt'>, from: Origin): Promise<SignedIn> {
    const { token, principal } = await this.sessions.open(user, from);
    return { token, me: this.#describe(principal, user) };
  }

  /** As `open`, and remembers when. */
  async enter(user: StoredUser & Pick<Entrant, 'via' | 'provenAt'>, from: Origin, change: UserChange = {}): Promise<SignedIn> {
    const signedIn = await this.open(user, from);
    await this.store.update(user.id, { lastLoginAt: new Date(), ...change });
    return signedIn;
  }

  /** What the person proves with has changed: every other session ends; the new token of this one. */
  restart(principal: Principal): Promise<string> {
    return this.sessions.restart(principal);
  }

  /** They have just proven again that it is them; the new token of their session. */
  renew({ sessionId }: Principal): Promise<string> {
    return this.sessions.prove(sessionId);
  }

  async leave(principal: Principal): Promise<void> {
    await this.sessions.close(principal);
  }

  async me(principal: Principal): Promise<Me> {
    return this.#describe(principal, await this.#load(principal.userId));
  }

  #describe(principal: Principal, user: StoredUser): Me {
    const { rights, endsAt } = principal;
    const role = roleEverywhere(rights);
    const { id, name } = user;
    const needsSecondFactor = this.policy.isLackingSecondFactor(principal);
    const permissions = needsSecondFactor ? [] : permissionsOf(rights);
    return {
      id,
      name,
      ...(role ? { role } : {}),
      permissions,
      preferences: preferencesOf(user),
      needsSecondFactor,
      sessionEndsAt: endsAt.toISOString(),
    };
  }

  async #load(userId: string): Promise<StoredUser> {
    const user = await this.store.find(userId);
    if (!user) throw new Failure('unauthenticated', 'this person was removed');
    return user;
  }
}
