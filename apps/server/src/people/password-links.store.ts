import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { AccessTransaction } from '../access/given-grants.store.ts';
import { RightsService } from '../access/rights.service.ts';
import { removeConnected } from '../oidc/identities.store.ts';
import type { StoredUser } from './users.store.ts';

export interface StoredLink {
  readonly userId: string;
  readonly makerId: string;
  readonly expiresAt: Date;
  readonly user: { readonly name: string };
}

export type TakenLink = Pick<StoredLink, 'userId' | 'makerId'>;

export interface NewLink {
  readonly userId: string;
  readonly makerId: string;
  readonly tokenHash: Uint8Array<ArrayBuffer>;
  readonly expiresAt: Date;
}

/** After an invitation the person had nothing yet; after a reset nothing with which somebody gets in is left. */
export type LinkPurpose = { readonly as: 'invite' } | { readonly as: 'reset'; readonly forgetsSecondFactor: boolean };

@Injectable()
export class PasswordLinksStore {
  constructor(
    private readonly database: Database,
    private readonly rights: RightsService,
  ) {}

  /**
   * Replaces an earlier link. `admit` decides at the moment of the change. With `reset` the old password, all sessions and all API tokens are gone
   * at the same time. `not-found` where there is no such person, `conflict` where no owner who can sign in would be left.
   */
  async put({ userId, ...link }: NewLink, purpose: LinkPurpose, admit: (user: StoredUser) => void): Promise<void> {
    await this.rights.change(async (transaction) => {
      const user = await transaction.user.findUnique({ where: { id: userId } });
      if (!user) throw new Failure('not-found', `no such person: ${userId}`);
      admit(user);
      if (purpose.as === 'reset') await reset(transaction, userId, purpose.forgetsSecondFactor);
      const made = { ...link, createdAt: new Date() };
      await transaction.passwordLink.upsert({ where: { userId }, create: { userId, ...made }, update: made });
    });
  }

  find(tokenHash: Uint8Array<ArrayBuffer>): Promise<StoredLink | null> {
    return this.database.prisma.passwordLink.findFirst({
      where: { tokenHash, expiresAt: { gt: new Date() }, user: { disabledAt: null }, maker: { disabledAt: null } },
      include: { user: { select: { name: true } } },
    });
  }

  /**
   * Takes the link and sets the password: of several at once one does. False where there is no such link any more, and where its maker may not
   * act on that person any more, as `isGood` says at that moment: such a link is gone as well.
   */
  async use(tokenHash: Uint8Array<ArrayBuffer>, passwordHash: string, isGood: (link: TakenLink) => boolean): Promise<boolean> {
    return this.rights.change(async (transaction) => {
      const [taken] = await transaction.$queryRaw<TakenLink[]>`
        delete from "PasswordLink" l using "User" u, "User" m
        where l."tokenHash" = ${tokenHash} and l."expiresAt" > now()
          and u.id = l."userId" and u."disabledAt" is null and m.id = l."makerId" and m."disabledAt" is null
        returning l."userId", l."makerId"`;
      if (!taken || !isGood(taken)) return false;
      const { userId } = taken;
      await transaction.user.update({ where: { id: userId }, data: { passwordHash, signInEpoch: { increment: 1 } } });
      await transaction.session.deleteMany({ where: { userId } });
      return true;
    });
  }

  async removeExpired(): Promise<void> {
    await this.database.prisma.passwordLink.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  }
}

/** Whoever got in as this person has nothing left to get in with. */
async function reset(transaction: AccessTransaction, userId: string, forgetsSecondFactor: boolean): Promise<void> {
  await transaction.user.update({ where: { id: userId }, data: { passwordHash: null, signInEpoch: { increment: 1 } } });
  await transaction.session.deleteMany({ where: { userId } });
  await transaction.apiToken.deleteMany({ where: { userId } });
  await removeConnected(transaction, userId);
  if (!forgetsSecondFactor) return;
  await transaction.totp.deleteMany({ where: { userId } });
  await transaction.recoveryCode.deleteMany({ where: { userId } });
  await transaction.passkey.deleteMany({ where: { userId } });
}
