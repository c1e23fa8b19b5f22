import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { AccessTransaction } from '../access/given-grants.store.ts';
import { RightsService } from '../access/rights.service.ts';

export interface StoredUser {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly passwordHash: string | null;
  readonly preferences: unknown;
  readonly createdAt: Date;
  readonly lastLoginAt: Date | null;
  readonly disabledAt: Date | null;
  readonly signInEpoch: number;
}

/** With what the list of people shows besides. */
export interface ListedUser extends StoredUser {
  readonly totp: { readonly confirmedAt: Date | null } | null;
  readonly _count: { readonly passkeys: number; readonly identities: number };
}

export interface NewStoredUser {
  readonly name: string;
  readonly kind?: 'person' | 'service';
  readonly passwordHash?: string;
  /** Given everywhere. */
  readonly role?: string | undefined;
  /** The name of whoever gives it. */
  readonly createdBy: string;
  readonly preferences?: object;
}

export interface UserChange {
  readonly passwordHash?: string;
  readonly preferences?: object;
  readonly lastLoginAt?: Date;
}

const listed = { include: { totp: { select: { confirmedAt: true } }, _count: { select: { passkeys: true, identities: true } } } } as const;

@Injectable()
export class UsersStore {
  constructor(
    private readonly database: Database,
    private readonly rights: RightsService,
  ) {}

  find(id: string): Promise<StoredUser | null> {
    return this.database.prisma.user.findUnique({ where: { id } });
  }

  findByName(name: string): Promise<StoredUser | null> {
    return this.database.prisma.user.findUnique({ where: { name } });
  }

  findListed(id: string): Promise<ListedUser | null> {
    return this.database.prisma.user.findUnique({ where: { id }, ...listed });
  }

  list(): Promise<ListedUser[]> {
    return this.database.prisma.user.findMany({ orderBy: { name: 'asc' }, ...listed });
  }

  /** `admit` decides at the moment of the change. `conflict` where the name is taken, or where the first owner is to be made and exists. */
  async add(
    { role, createdBy, ...user }: NewStoredUser,
    as: 'first-owner' | 'another',
    admit: () => void = () => undefined,
  ): Promise<StoredUser> {
    return this.rights.change(async (transaction) => {
      admit();
      if (as === 'first-owner' && (await transaction.user.count()) > 0)
        throw new Failure('conflict', 'this installation has its owner already');
      await refuseTaken(transaction, user.name);
      const grants = role === undefined ? {} : { grants: { create: { builtIn: role, scope: 'global', createdBy } } };
      return transaction.user.create({ data: { ...user, ...grants } });
    });
  }

  /**
   * Sessions and grants go with the person. `admit` decides at the moment of the change. `not-found` where there is no such person, `conflict`
   * for the last owner.
   */
  async remove(id: string, admit: () => void): Promise<void> {
    await this.rights.change(async (transaction) => {
      await load(transaction, id);
      admit();
      await transaction.user.delete({ where: { id } });
    });
  }

  /**
   * All of it or nothing. Of somebody who is disabled sessions and links are gone: nobody gets in under the name. `not-found`; `conflict` where
   * the name is taken, and for the last owner.
   */
  async change(id: string, change: { name?: string | undefined; isDisabled?: boolean | undefined }, admit: () => void): Promise<void> {
    const { name, isDisabled } = change;
    await this.rights.change(async (transaction) => {
      const user = await load(transaction, id);
      admit();
      if (name !== undefined && name !== user.name) {
        await refuseTaken(transaction, name);
        await transaction.user.update({ where: { id }, data: { name } });
      }
      if (isDisabled === true) await disable(transaction, user);
      if (isDisabled === false) await transaction.user.update({ where: { id }, data: { disabledAt: null } });
    });
  }

  async update(id: string, change: UserChange): Promise<void> {
    await this.database.prisma.user.update({ where: { id }, data: change });
  }
}

async function load(transaction: AccessTransaction, id: string): Promise<StoredUser> {
  const user = await transaction.user.findUnique({ where: { id } });
  if (!user) throw new Failure('not-found', `no such person: ${id}`);
  return user;
}

async function refuseTaken(transaction: AccessTransaction, name: string): Promise<void> {
  if (await transaction.user.findUnique({ where: { name } })) throw new Failure('conflict', `the name ${name} is taken`);
}

async function disable(transaction: AccessTransaction, { id, disabledAt }: StoredUser): Promise<void> {
  await transaction.session.deleteMany({ where: { userId: id } });
  await transaction.passwordLink.deleteMany({ where: { userId: id } });
  await transaction.user.update({ where: { id }, data: { disabledAt: disabledAt ?? new Date(), signInEpoch: { increment: 1 } } });
}
