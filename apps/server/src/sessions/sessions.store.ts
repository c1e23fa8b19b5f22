import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

export interface StoredSession {
  readonly id: string;
  readonly userId: string;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly user: { readonly name: string };
}

export interface NewSession {
  readonly tokenHash: Uint8Array<ArrayBuffer>;
  readonly userId: string;
  readonly expiresAt: Date;
  readonly address: string;
  readonly userAgent: string;
}

const withUser = { include: { user: { select: { name: true } } } } as const;

@Injectable()
export class SessionsStore {
  constructor(private readonly database: Database) {}

  add(session: NewSession): Promise<StoredSession> {
    return this.database.prisma.session.create({ data: session, ...withUser });
  }

  find(tokenHash: Uint8Array<ArrayBuffer>): Promise<StoredSession | null> {
    return this.database.prisma.session.findUnique({ where: { tokenHash }, ...withUser });
  }

  async seen(id: string, at: Date): Promise<void> {
    await this.database.prisma.session.updateMany({ where: { id }, data: { lastSeenAt: at } });
  }

  async remove(id: string): Promise<void> {
    await this.database.prisma.session.deleteMany({ where: { id } });
  }

  async removeOfUser(userId: string): Promise<void> {
    await this.database.prisma.session.deleteMany({ where: { userId } });
  }

  async removeEnded(now: Date, idleSince: Date): Promise<void> {
    await this.database.prisma.session.deleteMany({ where: { OR: [{ expiresAt: { lt: now } }, { lastSeenAt: { lt: idleSince } }] } });
  }
}
