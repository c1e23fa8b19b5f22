import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Settings } from '../settings/settings.ts';

/** The files of recordings, beside the data of the server. */
@Injectable()
export class RecordingFiles {
  constructor(private readonly settings: Settings) {}

  pathOf(id: string): string {
    return join(this.settings.config.dataRoot, 'server', 'recordings', `${id}.cast.gz`);
  }

  /** Undefined where there is no file. */
  async look(id: string): Promise<{ sizeBytes: number; sha256: string } | undefined> {
    const path = this.pathOf(id);
    const found = await stat(path).catch(() => undefined);
    if (!found) return undefined;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
    return { sizeBytes: found.size, sha256: hash.digest('hex') };
  }

  async remove(id: string): Promise<void> {
    await rm(this.pathOf(id), { force: true });
  }
}
