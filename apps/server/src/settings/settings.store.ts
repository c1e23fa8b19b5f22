import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';

/** What those who run this installation have set, by name. */
@Injectable()
export class SettingsStore {
  constructor(private readonly database: Database) {}

  /** As it was put; null where nobody has. */
  async find(name: string): Promise<unknown> {
    return (await this.database.prisma.setting.findUnique({ where: { name } }))?.value ?? null;
  }

  /** When each was put last, and by whom. */
  changes(): Promise<{ name: string; updatedAt: Date; updatedBy: string | null }[]> {
    return this.database.prisma.setting.findMany({ select: { name: true, updatedAt: true, updatedBy: true }, orderBy: { name: 'asc' } });
  }

  async put(name: string, value: object, updatedBy: string | null = null): Promise<void> {
    const row = { value, updatedAt: new Date(), updatedBy };
    await this.database.prisma.setting.upsert({ where: { name }, create: { name, ...row }, update: row });
  }
}
