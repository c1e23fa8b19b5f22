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

  async put(name: string, value: object): Promise<void> {
    const row = { value, updatedAt: new Date() };
    await this.database.prisma.setting.upsert({ where: { name }, create: { name, ...row }, update: row });
  }
}
