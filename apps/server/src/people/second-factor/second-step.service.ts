import { Failure } from '@gantry/base';
import type { SecondFactors } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../sessions/principal.ts';
import { SignInPolicyService } from '../../sessions/sign-in-policy.service.ts';
import { PasskeysService } from '../passkeys/passkeys.service.ts';
import type { StoredUser } from '../users.store.ts';
import { SecondFactorsService } from './second-factors.service.ts';

/** What comes after the right password. */
@Injectable()
export class SecondStepService {
  constructor(
    private readonly factors: SecondFactorsService,
    private readonly passkeys: PasskeysService,
    private readonly policy: SignInPolicyService,
  ) {}

  /** `unauthenticated` with `details.needs`: `code` where a code is missing or wrong, `passkey` where the password alone must not be enough. */
  async ask(user: StoredUser, code: string | undefined): Promise<void> {
    if (await this.factors.hasTotp(user.id)) return this.#askForCode(user.id, code);
    // Somebody whose role demands a second factor, and whose only one is a passkey, must not get around it.
    if ((await this.passkeys.count(user.id)) === 0 || !this.policy.demandsSecondFactor(user.id)) return;
    throw new Failure('unauthenticated', 'your role demands a second factor: sign in with your passkey', { details: { needs: 'passkey' } });
  }

  async describe(principal: Principal): Promise<SecondFactors> {
    const { userId } = principal;
    return {
      hasTotp: await this.factors.hasTotp(userId),
      passkeys: await this.passkeys.count(userId),
      recoveryCodesLeft: await this.factors.countRecoveryCodes(userId),
      isRequired: this.policy.demandsSecondFactor(userId),
      hasPassword: await this.factors.hasPassword(userId),
    };
  }

  async #askForCode(userId: string, code: string | undefined): Promise<void> {
    if (code === undefined) throw new Failure('unauthenticated', 'the code of the second factor is needed', { details: { needs: 'code' } });
    await this.factors.prove(userId, code);
  }
}
