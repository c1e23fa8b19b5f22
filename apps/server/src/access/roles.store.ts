import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { AccessTransaction } from './given-grants.store.ts';

export interface StoredRole {
  readonly id: string;
  readonly name: string;
  readonly permissions: string[];
}

interface Wanted {
  readonly name: string;
  readonly permissions: readonly string[];
}

@Injectable()
export class RolesStore {
  constructor(private readonly database: Database) {}

  list(): Promise<StoredRole[]> {
    return this.database.prisma.role.findMany({ orderBy: { name: 'asc' } });
  }

  async find(id: string): Promise<StoredRole | undefined> {
    return (await this.database.prisma.role.findMany({ where: { id } }))[0];
  }
}

export async function addRole(transaction: AccessTransaction, { name, permissions }: Wanted): Promise<StoredRole> {
  await refuseTaken(transaction, name);
  return transaction.role.create({ data: { name, permissions: [...permissions] } });
}

export async function replaceRole(transaction: AccessTransaction, id: string, { name, permissions }: Wanted): Promise<StoredRole> {
  await refuseTaken(transaction, name, id);
  const [role] = await transaction.role.updateManyAndReturn({ where: { id }, data: { name, permissions: [...permissions] } });
  return role ?? missing(id);
}

/** `conflict` while somebody has it. */
export async function removeRole(transaction: AccessTransaction, id: string): Promise<void> {
  const grants = await transaction.grant.count({ where: { roleId: id } });
  if (grants > 0) throw new Failure('conflict', `role ${id} is in ${grants} grants: revoke them first`);
  if ((await transaction.role.deleteMany({ where: { id } })).count === 0) missing(id);
}

async function refuseTaken(transaction: AccessTransaction, name: string, ofOther?: string): Promise<void> {
  const [taken] = await transaction.role.findMany({ where: { name: { equals: name, mode: 'insensitive' } } });
  if (taken && taken.id !== ofOther) throw new Failure('conflict', `the name ${name} is taken`);
}

function missing(id: string): never {
  throw new Failure('not-found', `no such role: ${id}`);
}
