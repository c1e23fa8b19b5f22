import { Failure } from '@gantry/base';
import type { Me } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { AttemptsService } from '../people/attempts.service.ts';
import { EntranceService, type Origin } from '../people/entrance.service.ts';
import { SecondStepService } from '../people/second-factor/second-step.service.ts';
import type { StoredUser } from '../people/users.store.ts';
import { refuse } from './refusals.ts';
import { Tickets } from './tickets.ts';

/** Somebody of whom a code is still asked. */
interface HalfIn {
  readonly user: StoredUser;
  readonly providerKey: string;
  readonly next: string;
  /** For the audit log. */
  readonly details: object;
}

export interface Entering {
  readonly providerKey: string;
  readonly from: Origin;
  readonly next: string;
  /** For the audit log. */
  readonly details: object;
  /** The provider stands for two factors. */
  readonly isVouchedFor: boolean;
  /** When they proved there who they are. */
  readonly provenAt: Date;
}

/** How a way to a provider and back ended. */
export type Outcome =
  | { readonly kind: 'in'; readonly token: string; readonly next: string }
  | { readonly kind: 'code'; readonly ticket: string; readonly name: string }
  | { readonly kind: 'connected' };

const freeTries = 30;

/** Lets in whom a provider has named: counts and writes down tries, and asks for a second factor where the provider does not stand for one. */
@Injectable()
export class ProviderEntranceService {
  readonly #halfIn = new Tickets<HalfIn>();

  constructor(
    private readonly entrance: EntranceService,
    private readonly secondStep: SecondStepService,
    private readonly attempts: AttemptsService,
  ) {}

  /** A try of this address, written down where it fails. `exhausted` after too many. */
  async trying<T>(providerKey: string, { address }: Origin, work: () => Promise<T>): Promise<T> {
    const allowances = [{ key: `provider:${address}`, free: freeTries }];
    using _try = await this.attempts.enter(allowances);
    try {
      const done = await work();
      await this.attempts.forgive(allowances);
      return done;
    } catch (thrown) {
      const { message, details } = Failure.from(thrown);
      const deed = { who: 'somebody', action: 'loginWithProvider', target: providerKey, address };
      await this.attempts.note({ ...deed, outcome: 'denied', details: { why: message, ...details } });
      throw thrown;
    }
  }

  /** Opens a session, or asks for a code. `unauthenticated` with a reason where nothing but a passkey will do. */
  async enter(user: StoredUser, { providerKey, from, next, details, isVouchedFor, provenAt }: Entering): Promise<Outcome> {
    if (!isVouchedFor && (await this.#needsCode(user)))
      return { kind: 'code', ticket: this.#halfIn.add({ user, providerKey, next, details }, from.address), name: user.name };
    const { token } = await this.entrance.enter({ ...user, via: isVouchedFor ? 'sso' : 'sso-one-factor', provenAt }, from);
    await this.note('loginWithProvider', user, { providerKey, from, details });
    return { kind: 'in', token, next };
  }

  /** The code that was still asked for. `unauthenticated` where it is wrong, and where nobody is half in; `exhausted` after too many tries. */
  async enterWithCode(ticket: string | undefined, code: string, from: Origin): Promise<{ token: string; me: Me; next: string }> {
    const half = this.#halfIn.find(ticket);
    if (!half) throw new Failure('unauthenticated', 'sign in with the provider again: this was begun elsewhere, or too long ago');
    const { user, providerKey, next, details } = half;
    try {
      await this.secondStep.ask(user, code);
    } catch (thrown) {
      const deed = { who: user.name, userId: user.id, action: 'loginWithProvider', target: providerKey, address: from.address };
      await this.attempts.failed({ ...deed, details: { ...details, why: 'second factor' } });
      throw thrown;
    }
    if (!this.#halfIn.take(ticket)) throw new Failure('unauthenticated', 'this sign-in was used already');
    const signedIn = await this.entrance.enter({ ...user, via: 'sso-one-factor' }, from);
    await this.note('loginWithProvider', user, { providerKey, from, details: { ...details, code: true } });
    return { ...signedIn, next };
  }

  async note(
    action: string,
    { id: userId, name: who }: { id: string; name: string },
    { providerKey: target, from, details }: Pick<Entering, 'providerKey' | 'from' | 'details'>,
  ): Promise<void> {
    await this.attempts.note({ who, userId, action, target, address: from.address, outcome: 'done', details: { ...details } });
  }

  /** As after a password. Whose role demands a second factor and who has none here is let in to set one up. */
  async #needsCode(user: StoredUser): Promise<boolean> {
    try {
      await this.secondStep.ask(user, undefined);
      return false;
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.details['needs'] === 'code') return true;
      if (failure.details['needs'] === 'passkey') refuse('needs-passkey', failure.message);
      throw thrown;
    }
  }
}
