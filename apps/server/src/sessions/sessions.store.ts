import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

/** What a session was opened with. */
export type SignedInBy = 'password' | 'passkey' | 'sso';

export interface StoredSession {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly provenAt: Date;
  readonly expiresAt: Date;
  readonly epoch: number;
  readonly via: string;
  readonly address: string;
  readonly userAgent: string;
  readonly user: {
    readonly name: string;
    readonly disabledAt: Date | null;
    readonly signInEpoch: number;
    readonly totp: { readonly confirmedAt: Date | null } | null;
    readonly _count: { readonly passkeys: number };
  };
}

export interface NewSession {
  readonly tokenHash: Uint8Array<ArrayBuffer>;
  readonly userId: string;
  readonly expiresAt: Date;
  readonly epoch: number;
  readonly via: SignedInBy;
  readonly address: string;
  readonly userAgent: string;
}

const withUser = {
  include: {
    user: {
      select: {
        name: true,
        disabledAt: true,
        signInEpoch: true,
        totp: { select: { confirmedAt: true } },
        _count: { select: { passkeys: true } },
      },
    },
  },
} as const;

@Injectable()
export class SessionsStore {
  constructor(private readonly database: Database) {}

  add(session: NewSession): Promise<StoredSession> {
    return this.database.prisma.session.create({ data: session, ...withUser });
  }

  find(tokenHash: Uint8Array<ArrayBuffer>): Promise<StoredSession | null> {
    return this.database.prisma.session.findUnique({ where: { tokenHash }, ...withUser });
  }

  /** The newest first. */
  listOfUser(userId: string): Promise<StoredSession[]> {
    return this.database.prisma.session.findMany({ where: { userId }, orderBy: { lastSeenAt: 'desc' }, ...withUser });
  }

  async seen(id: string, at: Date): Promise<void> {
    await this.database.prisma.session.updateMany({ where: { id }, data: { lastSeenAt: at } });
  }

  /** Another token in place of the one there was. False where the session has ended. */
  async prove(id: string, tokenHash: Uint8Array<ArrayBuffer>, provenAt: Date): Promise<boolean> {
    return (await this.database.prisma.session.updateMany({ where: { id }, data: { tokenHash, provenAt } })).count > 0;
  }

  /** All other sessions of the person end, also those that are being opened; this one goes on under another token. False where it has ended. */
  async restart({ id, userId }: { id: string; userId: string }, tokenHash: Uint8Array<ArrayBuffer>, provenAt: Date): Promise<boolean> {
    return this.database.prisma.$transaction(async (transaction) => {
      const { signInEpoch: epoch } = await transaction.user.update({ where: { id: userId }, data: { signInEpoch: { increment: 1 } } });
      await transaction.session.deleteMany({ where: { userId, id: { not: id } } });
      return (await transaction.session.updateMany({ where: { id }, data: { tokenHash, provenAt, epoch } })).count > 0;
    });
  }

  /** False where this person has no such session. */
  async removeOne(id: string, userId: string): Promise<boolean> {
    return (await this.database.prisma.session.deleteMany({ where: { id, userId } })).count > 0;
  }

  async removeOthers(id: string, userId: string): Promise<void> {
    await this.database.prisma.session.deleteMany({ where: { userId, id: { not: id } } });
  }

  /** What is being opened at this moment for the person, under what was good until now, is worth nothing either. */
  async removeOfUser(userId: string): Promise<void> {
    await this.database.prisma.$transaction([
      this.database.prisma.user.updateMany({ where: { id: userId }, data: { signInEpoch: { increment: 1 } } }),
      this.database.prisma.session.deleteMany({ where: { userId } }),
    ]);
  }

  async removeEnded(now: Date, idleSince: Date): Promise<void> {
    await this.database.prisma.session.deleteMany({ where: { OR: [{ expiresAt: { lt: now } }, { lastSeenAt: { lt: idleSince } }] } });
  }
}
