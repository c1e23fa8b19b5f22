import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { AccessTransaction } from '../access/given-grants.store.ts';
import type { StoredUser } from '../people/users.store.ts';
import { applyRights } from './mapped-rights.store.ts';

/** How an identity came to its account: the account was made for it, it had the account's name as its address, or the person connected it. */
export type IdentityOrigin = 'created' | 'email' | 'self';

/** Who somebody is at a provider. */
export interface Who {
  readonly issuer: string;
  readonly subject: string;
}

export interface StoredIdentity extends Who {
  readonly id: string;
  readonly userId: string;
  readonly email: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** By what an identity gives rights. */
export type GivingIdentity = Pick<StoredIdentity, 'issuer'> & {
  /** By which it was used last. */
  readonly providerKey: string | null;
};

export interface ListedIdentity extends StoredIdentity {
  readonly provider: { readonly name: string } | null;
}

@Injectable()
export class IdentitiesStore {
  constructor(private readonly database: Database) {}

  async userOf({ issuer, subject }: Who): Promise<StoredUser | undefined> {
    const found = await this.database.prisma.identity.findUnique({
      where: { issuer_subject: { issuer, subject } },
      include: { user: true },
    });
    return found?.user;
  }

  list(userId: string): Promise<ListedIdentity[]> {
    return this.database.prisma.identity.findMany({
      where: { userId },
      include: { provider: { select: { name: true } } },
      orderBy: { createdAt: 'asc' },
    });
  }

  async used({ issuer, subject }: Who, by: { email: string | null; providerKey: string }): Promise<void> {
    await this.database.prisma.identity.updateMany({ where: { issuer, subject }, data: { ...by, lastUsedAt: new Date() } });
  }
}

export async function findUser(transaction: AccessTransaction, { issuer, subject }: Who): Promise<StoredUser | undefined> {
  const found = await transaction.identity.findUnique({ where: { issuer_subject: { issuer, subject } }, include: { user: true } });
  return found?.user;
}

export function findByName(transaction: AccessTransaction, name: string): Promise<StoredUser | null> {
  return transaction.user.findUnique({ where: { name } });
}

export function findPerson(transaction: AccessTransaction, id: string): Promise<StoredUser | null> {
  return transaction.user.findUnique({ where: { id } });
}

/** Whether the person is somebody at that issuer already. */
export async function isKnownAt(transaction: AccessTransaction, issuer: string, userId: string): Promise<boolean> {
  return (await transaction.identity.count({ where: { issuer, userId } })) > 0;
}

/** A person without a password and without any right. */
export function addPerson(transaction: AccessTransaction, name: string): Promise<StoredUser> {
  return transaction.user.create({ data: { name } });
}

export async function addIdentity(
  transaction: AccessTransaction,
  { issuer, subject }: Who,
  given: { userId: string; origin: IdentityOrigin; providerKey: string },
): Promise<void> {
  await transaction.identity.create({ data: { issuer, subject, ...given } });
}

/** What it was. Undefined where this person has no such identity. */
export async function removeIdentity(transaction: AccessTransaction, id: string, userId: string): Promise<GivingIdentity | undefined> {
  const [found] = await transaction.identity.findMany({ where: { id, userId } });
  if (found) await transaction.identity.delete({ where: { id } });
  return found;
}

/** What somebody who got in as this person may have connected is gone, and what its groups gave. */
export async function removeConnected(transaction: AccessTransaction, userId: string): Promise<void> {
  const where = { userId, origin: 'self' satisfies IdentityOrigin };
  const connected = await transaction.identity.findMany({ where });
  await transaction.identity.deleteMany({ where });
  for (const identity of connected) await withdrawGivenBy(transaction, identity, userId);
}

/** Takes what the person has by the identity: it may have been used with every provider of its issuer, not only with the last. */
export async function withdrawGivenBy(
  transaction: AccessTransaction,
  { issuer, providerKey }: GivingIdentity,
  userId: string,
): Promise<void> {
  const where = { OR: [{ issuer }, ...(providerKey === null ? [] : [{ key: providerKey }])] };
  for (const { key } of await transaction.identityProvider.findMany({ where, select: { key: true } }))
    await applyRights(transaction, { providerKey: key, userId, createdBy: '' }, { teams: [], grants: [] });
}
