import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { AccessTransaction } from './given-grants.store.ts';

export interface StoredRequest {
  readonly id: string;
  readonly user: { readonly id: string; readonly name: string };
  readonly permission: string;
  readonly resource: string;
  readonly reason: string;
  readonly hours: number | null;
  readonly createdAt: Date;
  readonly state: string;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  readonly answer: string | null;
}

export interface NewRequest {
  readonly userId: string;
  readonly permission: string;
  readonly resource: string;
  readonly hostId: string | null;
  readonly reason: string;
  readonly hours: number | null;
}

/** How a request has ended, and by whom. */
export interface Decision {
  readonly state: 'approved' | 'declined' | 'withdrawn';
  readonly by: string;
  readonly answer?: string;
}

const dayMs = 86_400_000;
const keptMs = 30 * dayMs;
const mostOpen = 5;
const mostPerDay = 20;
/** Taken per person while a request is made, so that no limit is passed by asking twice at once. */
const requestLock = 7_443_003;
const withUser = { include: { user: { select: { id: true, name: true } } } } as const;

/** What people ask for. After thirty days a request is gone, decided or not. */
@Injectable()
export class AccessRequestsStore {
  constructor(private readonly database: Database) {}

  /** `conflict` for what the person asks for already, `exhausted` with too many that are open or were made within a day. */
  async add(wanted: NewRequest): Promise<StoredRequest> {
    const { userId, permission, resource } = wanted;
    return this.database.prisma.$transaction(async (transaction) => {
      await transaction.$executeRaw`select pg_advisory_xact_lock(${requestLock}::int, hashtext(${userId}))`;
      await transaction.accessRequest.deleteMany({ where: { createdAt: { lt: new Date(Date.now() - keptMs) } } });
      const open = await transaction.accessRequest.findMany({ where: { userId, state: 'open' } });
      if (open.some((one) => one.permission === permission && one.resource === resource))
        throw new Failure('conflict', `${permission} on ${resource} is asked for already`);
      if (open.length >= mostOpen) throw new Failure('exhausted', `${mostOpen} requests are open: wait for an answer, or withdraw one`);
      const today = await transaction.accessRequest.count({ where: { userId, createdAt: { gt: new Date(Date.now() - dayMs) } } });
      if (today >= mostPerDay) throw new Failure('exhausted', `${mostPerDay} requests were made within a day: ask somebody in person`);
      return transaction.accessRequest.create({ data: wanted, ...withUser });
    });
  }

  /** The oldest first. */
  listOpen(): Promise<StoredRequest[]> {
    const createdAt = { gt: new Date(Date.now() - keptMs) };
    return this.database.prisma.accessRequest.findMany({ where: { state: 'open', createdAt }, orderBy: { createdAt: 'asc' }, ...withUser });
  }

  /** The newest first. */
  listOf(userId: string): Promise<StoredRequest[]> {
    const createdAt = { gt: new Date(Date.now() - keptMs) };
    return this.database.prisma.accessRequest.findMany({ where: { userId, createdAt }, orderBy: { createdAt: 'desc' }, ...withUser });
  }

  /** `not-found` where there is none. */
  async find(id: string): Promise<StoredRequest> {
    const request = await this.database.prisma.accessRequest.findUnique({ where: { id }, ...withUser });
    return request ?? missing(id);
  }

  /** `conflict` for one that is not open any more. */
  async decide(
    id: string,
    { state, by: decidedBy, answer }: Decision,
    { accessRequest }: Pick<AccessTransaction, 'accessRequest'> = this.database.prisma,
  ): Promise<void> {
    const data = { state, decidedBy, decidedAt: new Date(), answer: answer ?? null };
    const { count } = await accessRequest.updateMany({ where: { id, state: 'open' }, data });
    if (count === 0) throw new Failure('conflict', `request ${id} is decided already`);
  }
}

export function missing(id: string): never {
  throw new Failure('not-found', `no such request: ${id}`);
}
