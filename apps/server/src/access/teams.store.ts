import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { AccessTransaction } from './given-grants.store.ts';

export interface StoredTeam {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** Null for one whose maker is gone. */
  readonly makerId: string | null;
  readonly members: readonly { readonly user: { readonly id: string; readonly name: string } }[];
}

const withMembers = {
  include: { members: { select: { user: { select: { id: true, name: true } } }, orderBy: { user: { name: 'asc' } } } },
} as const;

@Injectable()
export class TeamsStore {
  constructor(private readonly database: Database) {}

  list(): Promise<StoredTeam[]> {
    return this.database.prisma.team.findMany({ orderBy: { name: 'asc' }, ...withMembers });
  }
}

export async function addTeam(transaction: AccessTransaction, name: string, makerId: string): Promise<StoredTeam> {
  await refuseTaken(transaction, name);
  return transaction.team.create({ data: { name, makerId }, ...withMembers });
}

export async function renameTeam(transaction: AccessTransaction, id: string, name: string): Promise<StoredTeam> {
  await loadTeam(transaction, id);
  await refuseTaken(transaction, name, id);
  return transaction.team.update({ where: { id }, data: { name }, ...withMembers });
}

export async function removeTeam(transaction: AccessTransaction, id: string): Promise<void> {
  await transaction.team.delete({ where: { id } });
}

/**
 * Adding somebody who is in it, or taking out somebody who is not, changes nothing. Who is taken out is no longer in it by a provider's groups either,
 * until these say so again at their next sign-in. `not-found` where there is no such person.
 */
export async function setMember(
  transaction: AccessTransaction,
  { teamId, userId }: { teamId: string; userId: string },
  isMember: boolean,
): Promise<StoredTeam> {
  if (!(await transaction.user.findUnique({ where: { id: userId } }))) throw new Failure('not-found', `no such person: ${userId}`);
  const where = { teamId_userId: { teamId, userId } };
  if (isMember) await transaction.teamMember.upsert({ where, create: { teamId, userId }, update: { isByHand: true } });
  else {
    await transaction.teamMember.deleteMany({ where: { teamId, userId } });
    await transaction.mappedMember.deleteMany({ where: { teamId, userId } });
  }
  return loadTeam(transaction, teamId);
}

export function findTeam(transaction: AccessTransaction, id: string): Promise<StoredTeam | null> {
  return transaction.team.findUnique({ where: { id }, ...withMembers });
}

export async function loadTeam(transaction: AccessTransaction, id: string): Promise<StoredTeam> {
  const team = await findTeam(transaction, id);
  if (!team) throw new Failure('not-found', `no such team: ${id}`);
  return team;
}

async function refuseTaken(transaction: AccessTransaction, name: string, ofOther?: string): Promise<void> {
  const [taken] = await transaction.team.findMany({ where: { name: { equals: name, mode: 'insensitive' } } });
  if (taken && taken.id !== ofOther) throw new Failure('conflict', `the name ${name} is taken`);
}
