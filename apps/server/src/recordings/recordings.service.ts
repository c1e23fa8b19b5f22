import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { Failure } from '@gantry/base';
import type { Recording } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import type { Principal } from '../sessions/principal.ts';
import type { StoredRecording } from './recording.ts';
import { RecordingFiles } from './recording-files.ts';
import { type RecordingFilter, RecordingsStore } from './recordings.store.ts';

/** What is recorded: listed and played. */
@Injectable()
export class RecordingsService {
  constructor(
    private readonly store: RecordingsStore,
    private readonly files: RecordingFiles,
    private readonly audit: AuditService,
  ) {}

  async list(filter: RecordingFilter, limit: number): Promise<Recording[]> {
    return (await this.store.list(filter, limit)).map(describe);
  }

  /** What it showed, as asciicast v2. Whoever plays it stands in the audit log. `not-found` alike for one that is elsewhere and one that is not. */
  async play(place: { host: string; id: string }, player: Principal, address: string): Promise<Readable> {
    const { host, id } = place;
    const recording = await this.store.find(id);
    const isThere = recording?.hostId === host && (await this.files.look(id)) !== undefined;
    if (!isThere) throw new Failure('not-found', `no such recording: ${id}`);
    const { name: who, userId } = player;
    await this.audit.note({ who, userId, action: 'playRecording', hostId: host, target: id, address, outcome: 'done', status: 200 });
    // A server that was killed left the last piece unfinished: what can be read of it is.
    const unpacking = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    return pipeline(createReadStream(this.files.pathOf(id)), unpacking, () => undefined);
  }
}

function describe(stored: StoredRecording): Recording {
  const {
    id,
    who,
    hostId: host,
    containerId: container,
    containerName: name,
    kind,
    command,
    startedAt,
    durationMs,
    sizeBytes,
    sha256,
    isTruncated,
  } = stored;
  return {
    ...{ id, who, host, container, name, kind, command, isTruncated },
    startedAt: startedAt.toISOString(),
    ...(durationMs === null ? {} : { durationMs }),
    ...(sizeBytes === null ? {} : { sizeBytes: Number(sizeBytes) }),
    ...(sha256 === null ? {} : { sha256 }),
  };
}
