import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

@Injectable()
export class ThrottleStore {
  constructor(private readonly database: Database) {}

  /** Counts one more failure of the key, from 1 again after a quiet window; undefined where the key is locked (and not counted). */
  async count(key: string, windowMs: number): Promise<number | undefined> {
    const [row] = await this.database.prisma.$queryRaw<{ failures: number }[]>`
      insert into "Throttle" as t (key, failures, "lastFailedAt") values (${key}, 1, now())
      on conflict (key) do update set
        failures = case when t."lastFailedAt" < now() - ${windowMs}::int * interval '1 ms' then 1 else t.failures + 1 end,
        "lastFailedAt" = now()
      where t."lockedUntil" is null or t."lockedUntil" <= now()
      returning failures`;
    return row?.failures;
  }

  async lock(key: string, until: Date): Promise<void> {
    await this.database.prisma.throttle.updateMany({ where: { key }, data: { lockedUntil: until } });
  }

  async lockedUntil(key: string): Promise<Date | undefined> {
    return (await this.database.prisma.throttle.findUnique({ where: { key } }))?.lockedUntil ?? undefined;
  }

  async forget(key: string): Promise<void> {
    await this.database.prisma.throttle.deleteMany({ where: { key } });
  }

  async removeOlderThan(date: Date): Promise<void> {
    await this.database.prisma.throttle.deleteMany({ where: { lastFailedAt: { lt: date } } });
  }
}
