import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

@Injectable()
export class InstallationStore {
  constructor(private readonly database: Database) {}

  /** The one row of this installation; servers that ask for the first time at once get the same one. */
  async loadOrCreate(): Promise<{ id: string; createdAt: Date; epoch: bigint }> {
    return this.database.prisma.installation.upsert({ where: { slot: 1 }, create: { slot: 1 }, update: {} });
  }

  /** The epoch of this start of the server: the seconds of the clock, and always more than before, so that one restored from a copy is newer as well. */
  async nextEpoch(): Promise<number> {
    await this.loadOrCreate();
    const rows = await this.database.prisma.$queryRaw<{ epoch: bigint }[]>`
      update "Installation" set epoch = greatest(epoch + 1, extract(epoch from now())::bigint) where slot = 1 returning epoch`;
    return Number(rows[0]?.epoch ?? 0); // seconds stay exact in a number for 285 million years
  }

  /** Fails where the database does not answer. */
  async ping(): Promise<void> {
    await this.database.ping();
  }
}
