import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

export interface StoredUser {
  readonly id: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly role: string;
  readonly preferences: unknown;
  readonly createdAt: Date;
  readonly lastLoginAt: Date | null;
}

/** Taken while people are added or removed, so that "no owner yet" and "the last owner" are true until the change is made. */
const peopleLock = 7_443_001;

@Injectable()
export class UsersStore {
  constructor(private readonly database: Database) {}

  async hasOwner(): Promise<boolean> {
    return (await this.database.prisma.user.count({ where: { role: 'owner' } })) > 0;
  }

  find(id: string): Promise<StoredUser | null> {
    return this.database.prisma.user.findUnique({ where: { id } });
  }

  findByName(name: string): Promise<StoredUser | null> {
    return this.database.prisma.user.findUnique({ where: { name } });
  }

  list(): Promise<StoredUser[]> {
    return this.database.prisma.user.findMany({ orderBy: { name: 'asc' } });
  }

  /** `conflict` where the name is taken, or where the first owner is to be made and exists. */
  async add(
    user: { name: string; passwordHash: string; role: string; preferences?: object },
    as: 'first-owner' | 'another',
  ): Promise<StoredUser> {
    return this.database.prisma.$transaction(async (transaction) => {
      await transaction.$executeRaw`select pg_advisory_xact_lock(${peopleLock})`;
      if (as === 'first-owner' && (await transaction.user.count()) > 0)
        throw new Failure('conflict', 'this installation has its owner already');
      if (await transaction.user.findUnique({ where: { name: user.name } }))
        throw new Failure('conflict', `the name ${user.name} is taken`);
      return transaction.user.create({ data: user });
    });
  }

  /** Sessions go with the person. `not-found` where there is no such person, `conflict` for the last owner. */
  async remove(id: string): Promise<void> {
    await this.database.prisma.$transaction(async (transaction) => {
      await transaction.$executeRaw`select pg_advisory_xact_lock(${peopleLock})`;
      const user = await transaction.user.findUnique({ where: { id } });
      if (!user) throw new Failure('not-found', `no such person: ${id}`);
      const owners = await transaction.user.count({ where: { role: 'owner' } });
      if (user.role === 'owner' && owners === 1) throw new Failure('conflict', `${user.name} is the last owner`);
      await transaction.user.delete({ where: { id } });
    });
  }

  async update(id: string, change: { passwordHash?: string; preferences?: object; lastLoginAt?: Date }): Promise<void> {
    await this.database.prisma.user.update({ where: { id }, data: change });
  }
}
