import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { AccessTransaction } from '../access/given-grants.store.ts';

export interface StoredHost {
  readonly id: string;
  readonly publicKey: string;
  readonly name: string;
  readonly status: string;
  readonly labels: unknown;
  readonly facts: unknown;
  /** Absent for one that has just joined. */
  readonly groups?: readonly { readonly groupId: string }[];
  readonly joinedAt: Date;
  readonly lastSeenAt: Date | null;
}

export interface HostChange {
  readonly name?: string;
  readonly labels?: Record<string, string>;
  readonly status?: string;
}

const withGroups = { include: { groups: { select: { groupId: true } } } } as const;

@Injectable()
export class HostsStore {
  constructor(private readonly database: Database) {}

  list(): Promise<StoredHost[]> {
    return this.database.prisma.host.findMany({ orderBy: { joinedAt: 'asc' }, ...withGroups });
  }

  find(id: string): Promise<StoredHost | null> {
    return this.database.prisma.host.findUnique({ where: { id }, ...withGroups });
  }

  /** Undefined where there is no such host. Labels decide with grants: they change in the transaction of a change of rights. */
  async update(
    id: string,
    change: HostChange,
    { host }: Pick<AccessTransaction, 'host'> = this.database.prisma,
  ): Promise<StoredHost | undefined> {
    const [changed] = await host.updateManyAndReturn({ where: { id }, data: change });
    return changed;
  }

  /** What it reported goes with it; its history stays until its retention ends. False where there was none. */
  async remove(id: string): Promise<boolean> {
    return (await this.database.prisma.host.deleteMany({ where: { id } })).count > 0;
  }

  async seen(id: string, at: Date): Promise<void> {
    await this.database.prisma.host.updateMany({ where: { id }, data: { lastSeenAt: at } });
  }
}
