import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

export interface StoredLink {
  readonly userId: string;
  readonly expiresAt: Date;
  readonly user: { readonly name: string };
}

export interface NewLink {
  readonly userId: string;
  readonly tokenHash: Uint8Array<ArrayBuffer>;
  readonly expiresAt: Date;
}

@Injectable()
export class PasswordLinksStore {
  constructor(private readonly database: Database) {}

  /** Replaces an earlier link. With `reset` the old password and all sessions are gone at the same time. */
  async put({ userId, tokenHash, expiresAt }: NewLink, as: 'invite' | 'reset'): Promise<void> {
    await this.database.prisma.$transaction(async (transaction) => {
      if (as === 'reset') {
        await transaction.user.update({ where: { id: userId }, data: { passwordHash: null, signInEpoch: { increment: 1 } } });
        await transaction.session.deleteMany({ where: { userId } });
      }
      const link = { tokenHash, expiresAt, createdAt: new Date() };
      await transaction.passwordLink.upsert({ where: { userId }, create: { userId, ...link }, update: link });
    });
  }

  find(tokenHash: Uint8Array<ArrayBuffer>): Promise<StoredLink | null> {
    return this.database.prisma.passwordLink.findFirst({
      where: { tokenHash, expiresAt: { gt: new Date() }, user: { disabledAt: null } },
      include: { user: { select: { name: true } } },
    });
  }

  /** Takes the link and sets the password, both or neither: of several at once one does. False where there is no such link any more. */
  async use(tokenHash: Uint8Array<ArrayBuffer>, passwordHash: string): Promise<boolean> {
    return this.database.prisma.$transaction(async (transaction) => {
      const [taken] = await transaction.$queryRaw<{ userId: string }[]>`
        delete from "PasswordLink" l using "User" u
        where l."tokenHash" = ${tokenHash} and l."expiresAt" > now() and u.id = l."userId" and u."disabledAt" is null
        returning l."userId"`;
      if (!taken) return false;
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
