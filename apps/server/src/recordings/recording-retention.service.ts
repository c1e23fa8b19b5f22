import { Failure } from '@gantry/base';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../settings/settings.ts';
import { RecordingFiles } from './recording-files.ts';
import { RecordingsStore } from './recordings.store.ts';

const hourMs = 3_600_000;

/** Ends what a server that was killed left open, and removes each hour what is older than is kept. */
@Injectable()
export class RecordingRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger('recordings');
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: RecordingsStore,
    private readonly files: RecordingFiles,
    private readonly settings: Settings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.#endLeftovers();
    await this.#forget();
    this.#timer = setInterval(() => void this.#forget(), hourMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** A server that was killed left them open: what is on disk is what they are. */
  async #endLeftovers(): Promise<void> {
    for (const { id, startedAt } of await this.store.leftovers(new Date())) {
      const found = await this.files.look(id);
      if (found) await this.store.end(id, { ...found, durationMs: Math.max(0, Date.now() - startedAt.getTime()), isTruncated: true });
      else await this.store.remove(id);
    }
  }

  /** Removes what is older than is kept: the file first, so that no file is left that nobody knows of. */
  async #forget(): Promise<void> {
    try {
      for (const id of await this.store.outdated(new Date(), this.settings.config.recordingDays)) {
        await this.files.remove(id);
        await this.store.remove(id);
      }
    } catch (thrown) {
      this.#log.error(`old recordings were not removed: ${Failure.from(thrown).message}`);
    }
  }
}
