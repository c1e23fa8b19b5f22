import { Failure } from '@gantry/base';
import { UserName } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Deed } from '../audit/audit.service.ts';
import type { Allowance } from '../sessions/throttle.service.ts';
import { AttemptsService } from './attempts.service.ts';
import { EntranceService, type Origin, type SignedIn } from './entrance.service.ts';
import { hashPassword, isPassword, isStale } from './password.ts';
import { SecondStepService } from './second-factor/second-step.service.ts';
import type { StoredUser } from './users.store.ts';

export interface Credentials {
  readonly name: string;
  readonly password: string;
  readonly code?: string | undefined;
}

/** Signing in with a name and a password, and a code where the person has a second factor. */
@Injectable()
export class LoginService {
  constructor(
    private readonly entrance: EntranceService,
    private readonly attempts: AttemptsService,
    private readonly secondStep: SecondStepService,
  ) {}

  /**
   * `unauthenticated` for a wrong name and a wrong password alike, in the same time; the same with `details.needs`: `code` where the password is right
   * and the code of the second factor missing or wrong. `exhausted` after too many tries.
   */
  async login(given: Credentials, from: Origin): Promise<SignedIn> {
    const name = UserName.safeParse(given.name).data;
    const allowances = allowancesOf(name ?? given.name, from.address);
    using _try = await this.attempts.enter(allowances);
    const user = name === undefined ? null : await this.entrance.findByName(name);
    const isRight = await isPassword(given.password, user?.passwordHash ?? undefined);
    const deed = { who: user?.name ?? 'somebody', userId: user?.id, action: 'login', target: '', address: from.address };
    if (!user || !isRight || user.disabledAt) {
      await this.attempts.failed(deed);
      throw new Failure('unauthenticated', 'wrong name or password');
    }
    await this.#askForMore(user, given.code, deed);
    const signedIn = await this.entrance.enter(
      user,
      from,
      isStale(user.passwordHash) ? { passwordHash: await hashPassword(given.password) } : {},
    );
    await this.attempts.succeeded(allowances, deed);
    return signedIn;
  }

  async #askForMore(user: StoredUser, code: string | undefined, deed: Deed): Promise<void> {
    try {
      await this.secondStep.ask(user, code);
    } catch (thrown) {
      if (code !== undefined) await this.attempts.failed({ ...deed, details: { why: 'second factor' } });
      throw thrown;
    }
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
