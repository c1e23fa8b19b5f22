import { randomUUID, timingSafeEqual } from 'node:crypto';
import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import type { Enrolment } from '@gantry/link';
import { Injectable } from '@nestjs/common';
import type { StoredHost } from './hosts.store.ts';

export interface NewCode {
  readonly id: string;
  readonly secretHash: string;
  readonly usesLeft: number;
  readonly expiresAt: Date;
  readonly needsApproval: boolean;
  readonly labels: Record<string, string>;
  readonly isLocal: boolean;
}

export interface StoredCode extends Omit<NewCode, 'secretHash' | 'labels'> {
  readonly createdAt: Date;
  readonly hosts: readonly { readonly id: string }[];
}

const withHosts = { include: { hosts: { select: { id: true }, orderBy: { joinedAt: 'asc' } } } } as const;

@Injectable()
export class JoinCodesStore {
  constructor(private readonly database: Database) {}

  add(code: NewCode): Promise<StoredCode> {
    return this.database.prisma.joinCode.create({ data: code, ...withHosts });
  }

  list(): Promise<StoredCode[]> {
    return this.database.prisma.joinCode.findMany({ where: { isLocal: false }, orderBy: { createdAt: 'desc' }, take: 200, ...withHosts });
  }

  async remove(id: string): Promise<boolean> {
    return (await this.database.prisma.joinCode.deleteMany({ where: { id } })).count > 0;
  }

  /** Whether the agent of the server's own machine has joined. */
  async hasLocalHost(): Promise<boolean> {
    return (await this.database.prisma.host.count({ where: { joinCode: { isLocal: true } } })) > 0;
  }

  async removeUnusedLocal(): Promise<void> {
    await this.database.prisma.joinCode.deleteMany({ where: { isLocal: true, hosts: { none: {} } } });
  }

  /** Burns one use and stores the host, in one transaction. A repeated call with the same key finds the host of the first one. */
  async redeem({ joinCodeId, secretHash, publicKey, facts }: Enrolment): Promise<{ host: StoredHost; isNew: boolean }> {
    return this.database.prisma.$transaction(async (transaction) => {
      const [code] = await transaction.$queryRaw<(NewCode & { now: Date })[]>`
        select *, now() as now from "JoinCode" where id = ${joinCodeId} for update`;
      if (!code || !isEqual(code.secretHash, secretHash)) throw refusal(joinCodeId, 'is not known');
      const earlier = await transaction.host.findUnique({ where: { publicKey } });
      if (earlier?.joinCodeId === joinCodeId) return { host: earlier, isNew: false };
      if (earlier) throw refusal(joinCodeId, 'was brought by a host that has joined already');
      if (code.expiresAt <= code.now) throw refusal(joinCodeId, 'has expired');
      if (code.usesLeft === 0) throw refusal(joinCodeId, 'was used already');
      await transaction.joinCode.update({ where: { id: joinCodeId }, data: { usesLeft: { decrement: 1 } } });
      const status = code.needsApproval ? 'pending' : 'active';
      const data = { id: randomUUID(), publicKey, name: facts.hostname || 'host', status, labels: code.labels, facts, joinCodeId };
      return { host: await transaction.host.create({ data }), isNew: true };
    });
  }
}

function refusal(id: string, why: string): Failure {
  return new Failure('unauthenticated', `join code ${id} ${why}`);
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
