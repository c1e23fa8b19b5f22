import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { Cast } from './cast-writer.ts';
import { groupRecordingDays } from './group-recording-days.store.ts';
import type { NewRecording, StoredRecording } from './recording.ts';

/** What somebody looks for; undefined hosts are all of them. */
export interface RecordingFilter {
  readonly hosts?: readonly string[] | undefined;
  readonly host?: string | undefined;
  readonly user?: string | undefined;
  readonly container?: string | undefined;
  readonly before?: Date | undefined;
}

const dayMs = 86_400_000;

@Injectable()
export class RecordingsStore {
  constructor(private readonly database: Database) {}

  async add(recording: NewRecording): Promise<void> {
    await this.database.prisma.recording.create({ data: recording });
  }

  async end(id: string, { durationMs, sizeBytes, sha256, isTruncated }: Cast): Promise<void> {
    await this.database.prisma.recording.update({ where: { id }, data: { durationMs, sizeBytes, sha256, isTruncated } });
  }

  async find(id: string): Promise<StoredRecording | null> {
    return (await this.database.prisma.recording.findUnique({ where: { id } })) as StoredRecording | null;
  }

  /** The newest first. */
  async list({ hosts, host, user, container, before }: RecordingFilter, limit: number): Promise<StoredRecording[]> {
    const found = await this.database.prisma.recording.findMany({
      where: {
        AND: [
          hosts ? { hostId: { in: [...hosts] } } : {},
          host === undefined ? {} : { hostId: host },
          user === undefined ? {} : { who: user },
          container === undefined
            ? {}
            : { OR: [{ containerId: { startsWith: container } }, { containerName: { contains: container, mode: 'insensitive' } }] },
          before === undefined ? {} : { startedAt: { lt: before } },
        ],
      },
      orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
      take: limit,
    });
    return found as StoredRecording[];
  }

  /** Those that an earlier run of the server left open. */
  async leftovers(before: Date): Promise<StoredRecording[]> {
    return (await this.database.prisma.recording.findMany({ where: { sha256: null, startedAt: { lt: before } } })) as StoredRecording[];
  }

  /** Those that have ended and are older than they are kept: so many days, or as many as a group of their host says, of several the longest. */
  async outdated(now: Date, usualDays: number): Promise<string[]> {
    const days = await groupRecordingDays(this.database.prisma);
    const before = (kept: number): { lt: Date } => ({ lt: new Date(now.getTime() - kept * dayMs) });
    const own = [...days].map(([hostId, kept]) => ({ hostId, startedAt: before(kept) }));
    const found = await this.database.prisma.recording.findMany({
      where: { sha256: { not: null }, OR: [...own, { hostId: { notIn: [...days.keys()] }, startedAt: before(usualDays) }] },
      select: { id: true },
    });
    return found.map(({ id }) => id);
  }

  async remove(id: string): Promise<void> {
    await this.database.prisma.recording.deleteMany({ where: { id } });
  }
}
