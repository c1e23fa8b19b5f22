import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { AccessTransaction } from './given-grants.store.ts';

export interface StoredGroup {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly recordingDays: number | null;
  readonly hosts: readonly { readonly hostId: string }[];
}

const withHosts = { include: { hosts: { select: { hostId: true }, orderBy: { hostId: 'asc' } } } } as const;

@Injectable()
export class HostGroupsStore {
  constructor(private readonly database: Database) {}

  list(): Promise<StoredGroup[]> {
    return this.database.prisma.hostGroup.findMany({ orderBy: { name: 'asc' }, ...withHosts });
  }

  /** `not-found` where there is no such group. */
  async keepRecordings(id: string, recordingDays: number | null): Promise<StoredGroup> {
    const [changed] = await this.database.prisma.hostGroup.updateManyAndReturn({
      where: { id },
      data: { recordingDays },
      select: { id: true },
    });
    if (!changed) throw new Failure('not-found', `no such host group: ${id}`);
    return this.database.prisma.hostGroup.findUniqueOrThrow({ where: { id }, ...withHosts });
  }
}

export async function addGroup(transaction: AccessTransaction, name: string): Promise<StoredGroup> {
  await refuseTaken(transaction, name);
  return transaction.hostGroup.create({ data: { name }, ...withHosts });
}

export async function renameGroup(transaction: AccessTransaction, id: string, name: string): Promise<StoredGroup> {
  await loadGroup(transaction, id);
  await refuseTaken(transaction, name, id);
  return transaction.hostGroup.update({ where: { id }, data: { name }, ...withHosts });
}

/** The ids of the hosts that were in it. */
export async function removeGroup(transaction: AccessTransaction, id: string): Promise<readonly string[]> {
  const { hosts } = await loadGroup(transaction, id);
  await transaction.hostGroup.delete({ where: { id } });
  return hosts.map(({ hostId }) => hostId);
}

/** Doing what is done already changes nothing. `not-found` where there is no such group or host. */
export async function setInGroup(
  transaction: AccessTransaction,
  { groupId, hostId }: { groupId: string; hostId: string },
  isIn: boolean,
): Promise<StoredGroup> {
  await loadGroup(transaction, groupId);
  if (!(await transaction.host.findUnique({ where: { id: hostId } }))) throw new Failure('not-found', `no such host: ${hostId}`);
  if (isIn)
    await transaction.hostGroupMember.upsert({ where: { groupId_hostId: { groupId, hostId } }, create: { groupId, hostId }, update: {} });
  else await transaction.hostGroupMember.deleteMany({ where: { groupId, hostId } });
  return loadGroup(transaction, groupId);
}

async function loadGroup(transaction: AccessTransaction, id: string): Promise<StoredGroup> {
  const group = await transaction.hostGroup.findUnique({ where: { id }, ...withHosts });
  if (!group) throw new Failure('not-found', `no such host group: ${id}`);
  return group;
}

async function refuseTaken(transaction: AccessTransaction, name: string, ofOther?: string): Promise<void> {
  const [taken] = await transaction.hostGroup.findMany({ where: { name: { equals: name, mode: 'insensitive' } } });
  if (taken && taken.id !== ofOther) throw new Failure('conflict', `the name ${name} is taken`);
}
