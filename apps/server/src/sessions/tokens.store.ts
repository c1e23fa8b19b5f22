import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

export interface StoredToken {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly prefix: string;
  readonly permissions: readonly string[];
  readonly hosts: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly lastAddress: string | null;
  readonly user: { readonly name: string; readonly disabledAt: Date | null };
}

export interface NewStoredToken {
  readonly userId: string;
  readonly name: string;
  readonly prefix: string;
  readonly tokenHash: Uint8Array<ArrayBuffer>;
  readonly permissions: string[];
  readonly hosts: string[];
  readonly expiresAt: Date;
}

const withUser = { include: { user: { select: { name: true, disabledAt: true } } } } as const;

@Injectable()
export class TokensStore {
  constructor(private readonly database: Database) {}

  add(token: NewStoredToken): Promise<StoredToken> {
    return this.database.prisma.apiToken.create({ data: token, ...withUser });
  }

  find(tokenHash: Uint8Array<ArrayBuffer>): Promise<StoredToken | null> {
    return this.database.prisma.apiToken.findUnique({ where: { tokenHash }, ...withUser });
  }

  get(id: string): Promise<StoredToken | null> {
    return this.database.prisma.apiToken.findUnique({ where: { id }, ...withUser });
  }

  /** Those of one person, or of everybody; the newest first. */
  list(userId?: string): Promise<StoredToken[]> {
    const where = userId === undefined ? {} : { userId };
    return this.database.prisma.apiToken.findMany({ where, orderBy: { createdAt: 'desc' }, ...withUser });
  }

  async used(id: string, { at, address }: { at: Date; address: string }): Promise<void> {
    await this.database.prisma.apiToken.updateMany({ where: { id }, data: { lastUsedAt: at, lastAddress: address } });
  }

  /** False where there is none, or it is of somebody else. */
  async remove(id: string, userId?: string): Promise<boolean> {
    const where = userId === undefined ? { id } : { id, userId };
    return (await this.database.prisma.apiToken.deleteMany({ where })).count > 0;
  }

  async removeExpired(before: Date): Promise<void> {
    await this.database.prisma.apiToken.deleteMany({ where: { expiresAt: { lt: before } } });
  }
}
