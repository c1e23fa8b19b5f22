import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import { RightsService } from '../../access/rights.service.ts';
import { refuseLockout } from '../refuse-lockout.ts';

export interface StoredPasskey {
  readonly id: string;
  readonly credentialId: string;
  readonly userId: string;
  readonly name: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly counter: bigint;
  readonly transports: string[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

export type NewPasskey = Pick<StoredPasskey, 'credentialId' | 'userId' | 'name' | 'publicKey' | 'counter' | 'transports'>;

@Injectable()
export class PasskeysStore {
  constructor(
    private readonly database: Database,
    private readonly rights: RightsService,
  ) {}

  add(passkey: NewPasskey): Promise<StoredPasskey> {
    return this.database.prisma.passkey.create({ data: passkey });
  }

  find(credentialId: string): Promise<StoredPasskey | null> {
    return this.database.prisma.passkey.findUnique({ where: { credentialId } });
  }

  list(userId: string): Promise<StoredPasskey[]> {
    return this.database.prisma.passkey.findMany({ where: { userId }, orderBy: { createdAt: 'asc' } });
  }

  count(userId: string): Promise<number> {
    return this.database.prisma.passkey.count({ where: { userId } });
  }

  /** False where the count has not grown since the last use: then somebody may have copied the key. Keys without a count stay at 0. */
  async used(id: string, counter: bigint): Promise<boolean> {
    const where = { id, OR: [{ counter: { lt: counter } }, { counter: 0n }] };
    return (await this.database.prisma.passkey.updateMany({ where, data: { counter, lastUsedAt: new Date() } })).count > 0;
  }

  /**
   * False where this person has no such passkey. `conflict` where it is the last thing that they can sign in with, and where no owner who can sign in
   * would be left.
   */
  async remove(id: string, userId: string): Promise<boolean> {
    return this.rights.change(async (transaction) => {
      if ((await transaction.passkey.deleteMany({ where: { id, userId } })).count === 0) return false;
      await refuseLockout(transaction, userId);
      return true;
    });
  }
}
