import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { StoredToken } from './tokens.store.ts';

/** What a session was opened with; `sso` where the provider answers for two factors, `sso-one-factor` where it does not. */
export type SignedInBy = 'password' | 'passkey' | 'sso' | 'sso-one-factor';

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
  /** Of a client certificate; null for a browser. */
  readonly serial: string | null;
  /** What the certificate was made with. */
  readonly apiToken: Pick<StoredToken, 'id' | 'permissions' | 'hosts' | 'expiresAt'> | null;
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
  readonly provenAt: Date;
  readonly via: SignedInBy;
  readonly address: string;
  readonly userAgent: string;
}

/** A client certificate is a session too, made by somebody who has one or by an API token. */
export interface NewCertificateSession extends Omit<NewSession, 'epoch' | 'provenAt' | 'via'> {
  readonly id: string;
  readonly serial: string;
}

const withUser = {
  include: {
    apiToken: { select: { id: true, permissions: true, hosts: true, expiresAt: true } },
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

  /** Proven by what its maker was proven by. Null where the maker has ended meanwhile. */
  async addCertificate(certificate: NewCertificateSession, maker: { sessionId: string; isToken: boolean }): Promise<StoredSession | null> {
    return this.database.prisma.$transaction(async (transaction) => {
      await inTurn(transaction, certificate.userId);
      const as = maker.isToken
        ? await transaction.apiToken.findUnique({ where: { id: maker.sessionId }, select: { user: { select: { signInEpoch: true } } } })
        : await transaction.session.findUnique({ where: { id: maker.sessionId }, select: { epoch: true, via: true } });
      if (!as) return null;
      const made =
        'user' in as ? { epoch: as.user.signInEpoch, via: 'token', apiTokenId: maker.sessionId } : { epoch: as.epoch, via: as.via };
      return transaction.session.create({ data: { ...certificate, ...made }, ...withUser });
    });
  }

  /** Whether there is a password, a passkey or an authenticator. */
  async canProve(userId: string): Promise<boolean> {
    const ways = [{ passwordHash: { not: null } }, { passkeys: { some: {} } }, { totp: { confirmedAt: { not: null } } }];
    return (await this.database.prisma.user.count({ where: { id: userId, OR: ways } })) > 0;
  }

  countCertificates(userId: string): Promise<number> {
    return this.database.prisma.session.count({ where: { userId, serial: { not: null }, expiresAt: { gt: new Date() } } });
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

  /** Also those that are being made at this moment by one that ends. */
  async removeOthers(id: string, userId: string): Promise<void> {
    await this.database.prisma.$transaction(async (transaction) => {
      await inTurn(transaction, userId);
      await transaction.session.deleteMany({ where: { userId, id: { not: id } } });
    });
  }

  /** What is being opened at this moment for the person, under what was good until now, is worth nothing either. */
  async removeOfUser(userId: string): Promise<void> {
    await this.database.prisma.$transaction([
      this.database.prisma.user.updateMany({ where: { id: userId }, data: { signInEpoch: { increment: 1 } } }),
      this.database.prisma.session.deleteMany({ where: { userId } }),
    ]);
  }

  async removeEnded(now: Date, idleSince: Date): Promise<void> {
    await this.database.prisma.session.deleteMany({
      where: { OR: [{ expiresAt: { lt: now } }, { lastSeenAt: { lt: idleSince }, serial: null }] },
    });
  }
}

/** One after the other for each person: what is made by a session that is just ending is there to be ended with it, or is not made. */
async function inTurn(transaction: Pick<Database['prisma'], '$executeRaw'>, userId: string): Promise<void> {
  await transaction.$executeRaw`select 1 from "User" where id = ${userId}::uuid for update`;
}
