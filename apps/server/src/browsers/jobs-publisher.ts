import { browserSocket, type JobsMessage } from '@gantry/contract';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '../jobs/jobs.ts';
import type { RunningJob } from '../jobs/running-job.ts';
import { Viewers } from './viewers.ts';

const gatherMs = 250;

/** Says to open pages how jobs go on, each what it may see of them. Jobs are few, so each page gets a message of its own. */
@Injectable()
export class JobsPublisher implements OnModuleInit, OnModuleDestroy {
  /** The steps that have changed; undefined: all of them. */
  readonly #changed = new Map<RunningJob, Set<number> | undefined>();
  readonly #gone = new Set<RunningJob>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly jobs: Jobs,
    private readonly viewers: Viewers,
  ) {}

  onModuleInit(): void {
    this.jobs.changes.on('changed', (job, at) => {
      const known = this.#changed.get(job);
      if (at === undefined) this.#changed.set(job, undefined);
      else if (!this.#changed.has(job)) this.#changed.set(job, new Set([at]));
      else known?.add(at);
      this.#soon();
    });
    this.jobs.changes.on('gone', (job) => {
      this.#changed.delete(job);
      this.#gone.add(job);
      this.#soon();
    });
  }

  onModuleDestroy(): void {
    clearTimeout(this.#timer);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.#tell(), gatherMs);
  }

  #tell(): void {
    this.#timer = undefined;
    for (const viewer of this.viewers.all) {
      const upserts = [...this.#changed].flatMap(([job, at]) => this.jobs.seenBy(viewer, job, at) ?? []);
      // That there was something is for nobody who saw none of it.
      const gone = [...this.#gone].filter((job) => this.jobs.sees(viewer, job)).map(({ id }) => id);
      const message: JobsMessage = { upserts, gone };
      if (upserts.length + gone.length > 0) viewer.send(browserSocket.jobs.event, message);
    }
    this.#changed.clear();
    this.#gone.clear();
  }
}
