import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

export interface ThrottleRule {
  /** So many tries pass; the last of them, and each one after a lock, locks the key: twice as long each time. */
  readonly free: number;
  /** After so long without a try counting starts again. */
  readonly windowMs: number;
  readonly firstLockMs: number;
  readonly longestLockMs: number;
}

@Injectable()
export class ThrottleStore {
  constructor(private readonly database: Database) {}

  /**
   * Counts one more try of the key, from 1 again after a quiet window, and locks the key where that was the last free one or one beyond. False
   * where it is locked already; then nothing is counted. One statement: of many tries at once each sees those before it.
   */
  async count(key: string, { free, windowMs, firstLockMs, longestLockMs }: ThrottleRule): Promise<boolean> {
    const counted = await this.database.prisma.$executeRaw`
      insert into "Throttle" as t (key, failures, "lastFailedAt", "lockedUntil")
      values (${key}, 1, now(), case when ${free}::int <= 1 then now() + ${firstLockMs}::float8 * interval '1 ms' end)
      on conflict (key) do update set
        failures = case when t."lastFailedAt" < now() - ${windowMs}::float8 * interval '1 ms' then 1 else t.failures + 1 end,
        "lastFailedAt" = now(),
        "lockedUntil" = case
          when t."lastFailedAt" < now() - ${windowMs}::float8 * interval '1 ms' or t.failures + 1 < ${free}::int then null
          else now() + least(${longestLockMs}::float8, ${firstLockMs}::float8 * 2 ^ least(t.failures + 1 - ${free}::int, 20)) * interval '1 ms' end
      where t."lockedUntil" is null or t."lockedUntil" <= now()`;
    return counted > 0;
  }

  /** How long the key is still locked, by the clock of the database. */
  async lockedForMs(key: string): Promise<number> {
    const [row] = await this.database.prisma.$queryRaw<{ ms: number }[]>`
      select (extract(epoch from "lockedUntil" - now()) * 1000)::float as ms from "Throttle" where key = ${key} and "lockedUntil" > now()`;
    return row?.ms ?? 0;
  }

  async forget(key: string): Promise<void> {
    await this.database.prisma.throttle.deleteMany({ where: { key } });
  }

  async removeOlderThan(date: Date): Promise<void> {
    await this.database.prisma.throttle.deleteMany({ where: { lastFailedAt: { lt: date } } });
  }
}
