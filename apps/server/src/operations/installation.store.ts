import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

@Injectable()
export class InstallationStore {
  constructor(private readonly database: Database) {}

  /** The one row of this installation; servers that ask for the first time at once get the same one. */
  async loadOrCreate(): Promise<{ id: string; createdAt: Date; epoch: number }> {
    return this.database.prisma.installation.upsert({ where: { slot: 1 }, create: { slot: 1 }, update: {} });
  }

  /** Counts a start of the server. */
  async nextEpoch(): Promise<number> {
    const { epoch } = await this.database.prisma.installation.upsert({
      where: { slot: 1 },
      create: { slot: 1, epoch: 1 },
      update: { epoch: { increment: 1 } },
    });
    return epoch;
  }

  /** Fails where the database does not answer. */
  async ping(): Promise<void> {
    await this.database.ping();
  }
}
