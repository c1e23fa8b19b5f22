import { EventEmitter } from 'node:events';
import { decide } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { Job } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import { Resources } from '../access/resources.ts';
import type { Principal } from '../sessions/principal.ts';
import { type JobDescription, type PlacedStep, RunningJob, stateOf } from './running-job.ts';

/** Whoever looks at jobs. */
export type JobViewer = Pick<Principal, 'sessionId' | 'userId' | 'rights'>;

interface Changes {
  /** A step of a job; all of them where the job is new. */
  changed: [job: RunningJob, at: number | undefined];
  gone: [job: RunningJob];
}

const mostEnded = 200;
const mostEndedPerUser = 20;
const mostRunningPerUser = 20;
const mostRunningStepsPerUser = 5_000;
/** Of all jobs together, about 1 KB each. */
const mostSteps = 20_000;

/**
 * What is being done, and what was done lately: in memory, for what runs ends with the server, and the audit log keeps who did what. Somebody sees their
 * own jobs (with a limited token those that were begun with it), and of others those steps that lie within their `job:view`.
 */
@Injectable()
export class Jobs {
  readonly changes = new EventEmitter<Changes>();
  readonly #jobs = new Map<string, RunningJob>();

  constructor(private readonly resources: Resources) {}

  /** `exhausted` where this person, or everybody together, has too much running already. */
  open(description: JobDescription): RunningJob {
    if (description.kind !== 'call') this.#refuseTooMuch(description);
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
    if (!job || !this.sees(viewer, job)) throw new Failure('not-found', `no such job: ${id}`);
    if (!this.#mayManage(viewer, job)) throw new Failure('forbidden', `job:manage is needed on all of job ${id}`);
    job.cancel();
  }

  /** Whether any step of the job is there for them. */
  sees(viewer: JobViewer, job: RunningJob): boolean {
    return isOwn(viewer, job) || job.steps.some((placed) => this.#allows(viewer, 'job:view', placed));
  }

  /** The job as somebody sees it, with all steps or those named; undefined where they see none of these. What others see does not tell how the rest goes. */
  seenBy(viewer: JobViewer, job: RunningJob, at?: ReadonlySet<number>): Job | undefined {
    const own = isOwn(viewer, job);
    const isSeen = (placed: PlacedStep): boolean => own || this.#allows(viewer, 'job:view', placed);
    const named = at ? [...at].sort((a, b) => a - b).flatMap((index) => job.steps[index] ?? []) : job.steps;
    const shown = named.filter(isSeen);
    if (shown.length === 0) return undefined;
    const { state, endedAtMs } = own ? job : asWhole(at ? job.steps.filter(isSeen) : shown);
    const { kind, action, reference, who } = job.description;
    return {
      ...{ id: job.id, kind, action, who, isOwn: own, steps: shown.map(({ step }) => step), startedAtMs: job.startedAtMs, state },
      ...(reference === undefined ? {} : { reference }),
      ...(endedAtMs === undefined ? {} : { endedAtMs }),
      mayCancel: state === 'running' && this.#mayManage(viewer, job),
    };
  }

  #mayManage(viewer: JobViewer, job: RunningJob): boolean {
    return isOwn(viewer, job) || job.steps.every((placed) => this.#allows(viewer, 'job:manage', placed));
  }

  #allows({ rights }: JobViewer, permission: 'job:view' | 'job:manage', { step, about }: PlacedStep): boolean {
    return decide(rights, permission, about ? this.resources.object(step.host, about) : this.resources.host(step.host));
  }

  /** What a client does by itself is as much as its connections, and is not counted. */
  #refuseTooMuch({ userId, who, steps }: JobDescription): void {
    const all = [...this.#jobs.values()].filter((job) => job.isRunning);
    const theirs = all.filter(({ description }) => description.kind !== 'call' && description.userId === userId);
    if (theirs.length >= mostRunningPerUser)
      throw new Failure('exhausted', `${who} has ${theirs.length} jobs running already: wait for one, or cancel it`);
    const [stepsOfAll, stepsOfTheirs] = [stepsIn(all), stepsIn(theirs)];
    if (stepsOfTheirs + steps.length > mostRunningStepsPerUser)
      throw new Failure(
        'exhausted',
        `${who} has jobs of ${stepsOfTheirs} steps running already, and ${steps.length} more are too many (at most ${mostRunningStepsPerUser}): wait for one, or cancel it`,
      );
    if (stepsOfAll + steps.length > mostSteps)
      throw new Failure('exhausted', `too much is running already for ${steps.length} more steps: wait for other jobs to end`);
  }

  /** Ended ones, oldest first: those that are too many for whoever began them, and as many as it takes to keep the rest within its bounds. */
  #forgetOldest(): void {
    const ended = [...this.#jobs.values()].filter((job) => !job.isRunning);
    const perUser = Map.groupBy(ended, ({ description }) => description.userId);
    for (const theirs of perUser.values()) for (const job of theirs.slice(0, -mostEndedPerUser)) this.forget(job);
    let [steps, left] = [stepsIn(this.#jobs.values()), ended.filter(({ id }) => this.#jobs.has(id)).length];
    for (const job of ended) {
      if (steps <= mostSteps && left <= mostEnded) return;
      if (!this.#jobs.has(job.id)) continue;
      this.forget(job);
      steps -= job.steps.length;
      left -= 1;
    }
  }
}

/** A limited token acts as its owner within its limit: what they began otherwise is for it as what others began. */
function isOwn({ userId, sessionId, rights }: JobViewer, { description }: RunningJob): boolean {
  return description.userId === userId && (rights.within === undefined || description.credential === sessionId);
}

function stepsIn(jobs: Iterable<RunningJob>): number {
  return [...jobs].reduce((sum, { steps }) => sum + steps.length, 0);
}

/** What is seen of a job, as if it were all of it. */
function asWhole(seen: readonly PlacedStep[]): Pick<RunningJob, 'state' | 'endedAtMs'> {
  const states = new Set(seen.map(({ step }) => step.state));
  const state = stateOf((one) => states.has(one));
  const endedAtMs = state === 'running' ? undefined : seen.reduce((last, placed) => Math.max(last, placed.endedAtMs ?? 0), 0);
  return { state, endedAtMs };
}
