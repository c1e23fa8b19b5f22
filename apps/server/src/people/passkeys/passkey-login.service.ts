import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../sessions/principal.ts';
import { AttemptsService } from '../attempts.service.ts';
import { EntranceService, type Origin, type SignedIn } from '../entrance.service.ts';
import type { StoredUser } from '../users.store.ts';
import { type Ceremony, PasskeysService } from './passkeys.service.ts';
import type { RelyingParty } from './relying-party.ts';

const freeTries = 30;

/** Signing in, and proving that it is still oneself, with a passkey: it is both factors at once, what one has and who one is. */
@Injectable()
export class PasskeyLoginService {
  constructor(
    private readonly passkeys: PasskeysService,
    private readonly entrance: EntranceService,
    private readonly attempts: AttemptsService,
  ) {}

  /** `unauthenticated` for a passkey that nobody here has, that is not good, or of somebody who is disabled; `exhausted` after too many tries. */
  async login(response: Ceremony, { party, from }: { party: RelyingParty; from: Origin }): Promise<SignedIn> {
    const allowances = [{ key: `passkey:${from.address}`, free: freeTries }];
    const deed = { who: 'somebody', action: 'loginWithPasskey', target: '', address: from.address };
    using _try = await this.attempts.enter(allowances);
    const user = await this.#userOf(response, party);
    if (!user) {
      await this.attempts.failed(deed);
      throw new Failure('unauthenticated', 'this passkey is not known here, or its answer is not good');
    }
    const signedIn = await this.entrance.enter({ ...user, via: 'passkey' }, from);
    await this.attempts.succeeded(allowances, { ...deed, who: user.name, userId: user.id });
    return signedIn;
  }

  /** The new token of the session. `unauthenticated` also for a passkey of somebody else. */
  async prove(principal: Principal, response: Ceremony, party: RelyingParty): Promise<string> {
    const userId = await this.passkeys.identify(response, party);
    if (userId !== principal.userId) throw new Failure('unauthenticated', 'this is the passkey of somebody else');
    return this.entrance.renew(principal);
  }

  async #userOf(response: Ceremony, party: RelyingParty): Promise<StoredUser | null> {
    try {
      const user = await this.entrance.find(await this.passkeys.identify(response, party));
      return user?.disabledAt ? null : user;
    } catch (thrown) {
      if (Failure.from(thrown).code === 'unauthenticated') return null;
      throw thrown;
    }
  }
}
