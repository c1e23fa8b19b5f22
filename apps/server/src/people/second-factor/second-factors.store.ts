import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

export interface StoredTotp {
  readonly secret: Uint8Array;
  readonly confirmedAt: Date | null;
}

@Injectable()
export class SecondFactorsStore {
  constructor(private readonly database: Database) {}

  find(userId: string): Promise<StoredTotp | null> {
    return this.database.prisma.totp.findUnique({ where: { userId } });
  }

  /** In place of one that was not confirmed. False where there is one that was. */
  async begin(userId: string, secret: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const written = await this.database.prisma.$executeRaw`
      insert into "Totp" as t ("userId", secret) values (${userId}::uuid, ${secret})
      on conflict ("userId") do update set secret = excluded.secret, "createdAt" = now(), "lastStep" = 0 where t."confirmedAt" is null`;
    return written > 0;
  }

  /** The first code, and with it the recovery codes. False where somebody was faster. */
  async confirm(userId: string, { step, hashes }: { step: number; hashes: readonly Uint8Array<ArrayBuffer>[] }): Promise<boolean> {
    return this.database.prisma.$transaction(async (transaction) => {
      const where = { userId, confirmedAt: null };
      const { count } = await transaction.totp.updateMany({ where, data: { confirmedAt: new Date(), lastStep: step } });
      if (count === 0) return false;
      await transaction.recoveryCode.deleteMany({ where: { userId } });
      await transaction.recoveryCode.createMany({ data: hashes.map((hash) => ({ userId, hash })) });
      return true;
    });
  }

  /** Takes the code of a step, and with it all earlier ones. False where one of that step or a later one was taken: of several at once one is. */
  async takeStep(userId: string, step: number): Promise<boolean> {
    const where = { userId, confirmedAt: { not: null }, lastStep: { lt: step } };
    return (await this.database.prisma.totp.updateMany({ where, data: { lastStep: step } })).count > 0;
  }

  /** False where there is no such code, or no longer. */
  async takeRecoveryCode(userId: string, hash: Uint8Array<ArrayBuffer>): Promise<boolean> {
    return (await this.database.prisma.recoveryCode.deleteMany({ where: { userId, hash } })).count > 0;
  }

  async replaceRecoveryCodes(userId: string, hashes: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    await this.database.prisma.$transaction([
      this.database.prisma.recoveryCode.deleteMany({ where: { userId } }),
      this.database.prisma.recoveryCode.createMany({ data: hashes.map((hash) => ({ userId, hash })) }),
    ]);
  }

  countRecoveryCodes(userId: string): Promise<number> {
    return this.database.prisma.recoveryCode.count({ where: { userId } });
  }

  async hasPassword(userId: string): Promise<boolean> {
    return (await this.database.prisma.user.count({ where: { id: userId, passwordHash: { not: null } } })) > 0;
  }

  async remove(userId: string): Promise<void> {
    await this.database.prisma.$transaction([
      this.database.prisma.totp.deleteMany({ where: { userId } }),
      this.database.prisma.recoveryCode.deleteMany({ where: { userId } }),
    ]);
  }
}
