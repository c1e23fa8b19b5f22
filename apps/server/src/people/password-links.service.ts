import { Failure } from '@gantry/base';
import type { DescribedLink, PasswordLink } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { makeToken, tokenHash } from '../sessions/token.ts';
import { AttemptsService } from './attempts.service.ts';
import { PasswordLinksStore, type StoredLink } from './password-links.store.ts';
import { refuseCommon } from './password-strength.ts';
import { hashPassword } from './password.ts';

const lifeMs = 3 * 24 * 3_600_000;
const freeTries = 30;

/** Links with which people choose their own passwords: nobody else ever knows one. */
@Injectable()
export class PasswordLinksService {
  constructor(
    private readonly store: PasswordLinksStore,
    private readonly attempts: AttemptsService,
  ) {}

  /** A link of 256 random bits, of which only the hash is kept; an earlier one of this person is worth nothing any more. */
  async make(userId: string, as: 'invite' | 'reset'): Promise<PasswordLink> {
    const token = makeToken();
    const expiresAt = new Date(Date.now() + lifeMs);
    await this.store.removeExpired();
    await this.store.put({ userId, tokenHash: tokenHash(token), expiresAt }, as);
    return { path: `/invite#${token}`, expiresAt: expiresAt.toISOString() };
  }

  /** `not-found` for a link that is good no more. */
  async describe(token: string, address: string): Promise<DescribedLink> {
    const { user, expiresAt } = await this.#find(token, address);
    return { name: user.name, expiresAt: expiresAt.toISOString() };
  }

  /** `invalid` for a common password: the link stays good then. `not-found` for a link that is good no more. */
  async use({ token, password }: { token: string; password: string }, address: string): Promise<void> {
    const { user, userId } = await this.#find(token, address);
    refuseCommon(password, user.name);
    if (!(await this.store.use(tokenHash(token), await hashPassword(password)))) throw gone();
    await this.attempts.note({ who: user.name, userId, action: 'usePasswordLink', target: '', address, outcome: 'done' });
  }

  async #find(token: string, address: string): Promise<StoredLink> {
    const allowances = [{ key: `link:${address}`, free: freeTries }];
    using _try = await this.attempts.enter(allowances);
    const link = await this.store.find(tokenHash(token));
    if (!link) {
      await this.attempts.failed({ who: 'somebody', action: 'usePasswordLink', target: '', address });
      throw gone();
    }
    await this.attempts.forgive(allowances);
    return link;
  }
}

function gone(): Failure {
  return new Failure('not-found', 'this link is good no more: it was used, replaced or has expired');
}
