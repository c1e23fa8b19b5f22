import { Failure } from '@gantry/base';
import type { DescribedLink, PasswordLink } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { GivingService } from '../access/giving.service.ts';
import type { Principal } from '../sessions/principal.ts';
import { makeToken, tokenHash } from '../sessions/token.ts';
import { AttemptsService } from './attempts.service.ts';
import { type LinkPurpose, PasswordLinksStore, type StoredLink, type TakenLink } from './password-links.store.ts';
import { refuseCommon } from './password-strength.ts';
import { hashPassword } from './password.ts';
import type { StoredUser } from './users.store.ts';

const lifeMs = 3 * 24 * 3_600_000;
const freeTries = 30;

/** Links with which people choose their own passwords: nobody else ever knows one. */
@Injectable()
export class PasswordLinksService {
  constructor(
    private readonly store: PasswordLinksStore,
    private readonly attempts: AttemptsService,
    private readonly giving: GivingService,
  ) {}

  /**
   * A link of 256 random bits, of which only the hash is kept; an earlier one of this person is worth nothing any more. It is good as long as its
   * maker may act on the account of that person. `forbidden` for somebody who may more than the maker, `conflict` for a service, for somebody
   * who is disabled, and for a reset of the last owner who can sign in.
   */
  async make(userId: string, purpose: LinkPurpose, by: Principal): Promise<PasswordLink> {
    const token = makeToken();
    const expiresAt = new Date(Date.now() + lifeMs);
    await this.store.removeExpired();
    const link = { userId, makerId: by.userId, tokenHash: tokenHash(token), expiresAt };
    await this.store.put(link, purpose, (user) => this.#admit(user, by));
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
    await refuseCommon(password, user.name);
    if (!(await this.store.use(tokenHash(token), await hashPassword(password), (link) => this.#isGood(link)))) throw gone();
    await this.attempts.note({ who: user.name, userId, action: 'usePasswordLink', target: '', address, outcome: 'done' });
  }

  #admit({ id, name, kind, disabledAt }: StoredUser, by: Principal): void {
    this.giving.refuseAbove(by, id);
    if (kind === 'service') throw new Failure('conflict', `${name} is a service and has no password`);
    if (disabledAt) throw new Failure('conflict', `${name} is disabled`);
  }

  #isGood({ makerId, userId }: TakenLink): boolean {
    return this.giving.mayActOn({ rights: this.giving.rights.of(makerId) }, userId);
  }

  async #find(token: string, address: string): Promise<StoredLink> {
    const allowances = [{ key: `link:${address}`, free: freeTries }];
    using _try = await this.attempts.enter(allowances);
    const link = await this.store.find(tokenHash(token));
    if (!link || !this.#isGood(link)) {
      await this.attempts.failed({ who: 'somebody', action: 'usePasswordLink', target: '', address });
      throw gone();
    }
    await this.attempts.forgive(allowances);
    return link;
  }
}

function gone(): Failure {
  return new Failure('not-found', 'this link is good no more: it was used or replaced, has expired, or whoever made it may do so no more');
}
