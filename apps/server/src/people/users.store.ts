import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import { RightsService } from '../access/rights.service.ts';

export interface StoredUser {
  readonly id: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly preferences: unknown;
  readonly createdAt: Date;
  readonly lastLoginAt: Date | null;
}

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

  list(): Promise<StoredUser[]> {
    return this.database.prisma.user.findMany({ orderBy: { name: 'asc' } });
  }

  /** `conflict` where the name is taken, or where the first owner is to be made and exists. */
  async add(
    {
      role,
      createdBy,
      ...user
    }: { name: string; passwordHash: string; role?: string | undefined; createdBy: string; preferences?: object },
    as: 'first-owner' | 'another',
  ): Promise<StoredUser> {
    return this.rights.change(async (transaction) => {
      if (as === 'first-owner' && (await transaction.user.count()) > 0)
        throw new Failure('conflict', 'this installation has its owner already');
      if (await transaction.user.findUnique({ where: { name: user.name } }))
        throw new Failure('conflict', `the name ${user.name} is taken`);
      const grants = role === undefined ? {} : { grants: { create: { builtIn: role, scope: 'global', createdBy } } };
      return transaction.user.create({ data: { ...user, ...grants } });
    });
  }

  /** Sessions and grants go with the person. `not-found` where there is no such person, `conflict` for the last owner. */
  async remove(id: string): Promise<void> {
    await this.rights.change(async (transaction) => {
      const { count } = await transaction.user.deleteMany({ where: { id } });
      if (count === 0) throw new Failure('not-found', `no such person: ${id}`);
    });
  }

  async update(id: string, change: { passwordHash?: string; preferences?: object; lastLoginAt?: Date }): Promise<void> {
    await this.database.prisma.user.update({ where: { id }, data: change });
  }
}
