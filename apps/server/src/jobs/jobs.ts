import { EventEmitter } from 'node:events';
import { decide } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { Job } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { Resources } from '../access/resources.ts';
import type { Principal } from '../sessions/principal.ts';
import { type JobDescription, type PlacedStep, RunningJob } from './running-job.ts';

/** Whoever looks at jobs. */
export type JobViewer = Pick<Principal, 'userId' | 'rights'>;

interface Changes {
  /** A step of a job; all of them where the job is new. */
  changed: [job: RunningJob, at: number | undefined];
  gone: [job: RunningJob];
}

const mostEnded = 200;
const mostRunningPerUser = 20;

/**
 * What is being done, and what was done lately: in memory, for what runs ends with the server, and the audit log keeps who did what. Somebody sees their
 * own jobs, and of others those steps that lie within their `job:view`.
 */
@Injectable()
export class Jobs {
  readonly changes = new EventEmitter<Changes>();
  readonly #jobs = new Map<string, RunningJob>();

  constructor(private readonly resources: Resources) {}

  /** `exhausted` where this person has too many running already. */
  open(description: JobDescription): RunningJob {
    const running = [...this.#jobs.values()].filter((job) => job.isRunning && isCounted(job.description, description.userId));
    if (description.kind !== 'call' && running.length >= mostRunningPerUser)
      throw new Failure('exhausted', `${description.who} has ${running.length} jobs running already: wait for one, or cancel it`);
    const job = new RunningJob(description, (changed, at) => this.changes.emit('changed', changed, at));
    this.#jobs.set(job.id, job);
    this.#forgetOldest();
    this.changes.emit('changed', job, undefined);
    return job;
  }

  forget(job: RunningJob): void {
    if (this.#jobs.delete(job.id)) this.changes.emit('gone', job);
  }

  /** Newest first. */
  list(viewer: JobViewer): Job[] {
    return [...this.#jobs.values()].reverse().flatMap((job) => this.seenBy(viewer, job) ?? []);
  }

  /** `not-found` for a job that the caller does not see, `forbidden` for one that is not theirs to cancel. */
  cancel(viewer: JobViewer, id: string): void {
    const job = this.#jobs.get(id);
    const seen = job && this.seenBy(viewer, job);
    if (!job || !seen) throw new Failure('not-found', `no such job: ${id}`);
    if (!this.#mayManage(viewer, job)) throw new Failure('forbidden', `job:manage is needed on all of job ${id}`);
    job.cancel();
  }

  /** The job as somebody sees it, with all steps or those named; undefined where they see none of it. */
  seenBy(viewer: JobViewer, job: RunningJob, at?: ReadonlySet<number>): Job | undefined {
    const { kind, action, reference, who, userId } = job.description;
    const isOwn = userId === viewer.userId;
    const isSeen = (placed: PlacedStep): boolean => isOwn || this.#allows(viewer, 'job:view', placed);
    const steps = job.steps.filter((placed) => (at?.has(placed.step.at) ?? true) && isSeen(placed)).map(({ step }) => step);
    if (steps.length === 0) return undefined;
    return {
      ...{ id: job.id, kind, action, who, isOwn, steps, startedAtMs: job.startedAtMs, state: job.state },
      ...(reference === undefined ? {} : { reference }),
      ...(job.endedAtMs === undefined ? {} : { endedAtMs: job.endedAtMs }),
      mayCancel: job.isRunning && this.#mayManage(viewer, job),
    };
  }

  #mayManage(viewer: JobViewer, { description, steps }: RunningJob): boolean {
    return description.userId === viewer.userId || steps.every((placed) => this.#allows(viewer, 'job:manage', placed));
  }

  #allows({ rights }: JobViewer, permission: 'job:view' | 'job:manage', { step, about }: PlacedStep): boolean {
    return decide(rights, permission, about ? this.resources.object(step.host, about) : this.resources.host(step.host));
  }

  #forgetOldest(): void {
    const ended = [...this.#jobs.values()].filter((job) => !job.isRunning);
    for (const job of ended.slice(0, Math.max(0, ended.length - mostEnded))) this.forget(job);
  }
}

/** What a client does by itself is as much as its connections. */
function isCounted({ kind, userId }: JobDescription, by: string): boolean {
  return kind !== 'call' && userId === by;
}
