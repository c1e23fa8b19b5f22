import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import { type AccessTransaction, listed, type ListedGrant, type StoredGrant } from './given-grants.store.ts';

/** Everything that says who may do what. */
export interface StoredAccess {
  readonly epoch: bigint;
  readonly grants: readonly StoredGrant[];
  readonly members: readonly { readonly teamId: string; readonly userId: string }[];
  readonly roles: readonly { readonly id: string; readonly permissions: readonly string[] }[];
  /** Ids of those who are let in nowhere; they keep their grants. */
  readonly disabled: readonly string[];
}

/** Somebody who may have grants. */
export interface StoredPerson {
  readonly id: string;
  readonly name: string;
  /** person or service */
  readonly kind: string;
  readonly disabledAt: Date | null;
}

/** Taken while people or rights change, so that "no owner yet", "the last owner" and "not more than I have" are true until the change is made. */
const accessLock = 7_443_001;

@Injectable()
export class GrantsStore {
  constructor(private readonly database: Database) {}

  /** All of it, as of one moment. */
  async load(): Promise<StoredAccess> {
    return this.database.prisma.$transaction(
      async (transaction) => ({
        epoch: (await transaction.installation.findUnique({ where: { slot: 1 } }))?.accessEpoch ?? 0n,
        grants: await transaction.grant.findMany({ orderBy: { createdAt: 'asc' } }),
        members: await transaction.teamMember.findMany({ select: { teamId: true, userId: true } }),
        roles: await transaction.role.findMany({ select: { id: true, permissions: true } }),
        disabled: (await transaction.user.findMany({ where: { disabledAt: { not: null } }, select: { id: true } })).map(({ id }) => id),
      }),
      { isolationLevel: 'RepeatableRead' },
    );
  }

  /** The oldest first. */
  list(): Promise<ListedGrant[]> {
    return this.database.prisma.grant.findMany({ orderBy: { createdAt: 'asc' }, include: listed });
  }

  /** `not-found` for one that was revoked meanwhile. */
  async find(id: string): Promise<ListedGrant> {
    const grant = await this.database.prisma.grant.findUnique({ where: { id }, include: listed });
    if (!grant) throw new Failure('not-found', `no such grant: ${id}`);
    return grant;
  }

  /** Services too. */
  people(): Promise<StoredPerson[]> {
    return this.database.prisma.user.findMany({ select: { id: true, name: true, kind: true, disabledAt: true }, orderBy: { name: 'asc' } });
  }

  async hasOwner(): Promise<boolean> {
    return (await this.database.prisma.user.count({ where: owning })) > 0;
  }

  /**
   * Runs a change of people or rights, one after the other, and counts the epoch up with it. `conflict` where nobody would be left who owns
   * this installation without an end and can sign in: then nothing is changed.
   */
  async change<T>(work: (transaction: AccessTransaction) => Promise<T>): Promise<T> {
    return this.database.prisma.$transaction(async (transaction) => {
      await transaction.$executeRaw`select pg_advisory_xact_lock(${accessLock})`;
      const ownersBefore = await countOwners(transaction);
      const done = await work(transaction);
      if (ownersBefore > 0 && (await countOwners(transaction)) === 0)
        throw new Failure(
          'conflict',
          'this would leave the installation without an owner who can sign in; an owner changes their own password in their account',
        );
      await transaction.installation.upsert({
        where: { slot: 1 },
        create: { slot: 1, accessEpoch: 1 },
        update: { accessEpoch: { increment: 1 } },
      });
      return done;
    });
  }
}

const ownerGrant = { builtIn: 'owner', scope: 'global', expiresAt: null };

/** People who own the installation without an end, by a grant of their own or of a team; somebody disabled or a service is none that could help. */
const owning = {
  kind: 'person',
  disabledAt: null,
  OR: [{ grants: { some: ownerGrant } }, { teams: { some: { team: { grants: { some: ownerGrant } } } } }],
};

/** Those of them who have something to sign in with: whoever is invited only, or was reset, could not help anybody either. */
async function countOwners(transaction: Pick<AccessTransaction, 'user'>): Promise<number> {
  const canSignIn = { OR: [{ passwordHash: { not: null } }, { passkeys: { some: {} } }] };
  return transaction.user.count({ where: { AND: [owning, canSignIn] } });
}
