import { decide, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { Job, JobStep, NewJob } from '@gantry/contract';
import { type EngineClient, engineClient } from '@gantry/engine-api';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Resources } from '../access/resources.ts';
import { GuardedEngines, type Visitor } from '../door/guarded-engines.ts';
import { Sight } from '../door/sight.ts';
import { Fleet } from '../fleet/fleet.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import { Jobs } from './jobs.ts';
import { runJob } from './run-job.ts';
import type { PlacedStep, RunningJob } from './running-job.ts';

const engineVersion = '1.51';

/** What the fleet knows of the things of a job. */
@Injectable()
export class JobPlaces {
  constructor(
    readonly hosts: HostDirectory,
    readonly fleet: Fleet,
    readonly resources: Resources,
  ) {}
}

/** Does jobs for people: each step is asked of the guarded engine as if they had asked it themselves, and goes on when their page is closed. */
@Injectable()
export class JobsService implements OnModuleDestroy {
  readonly #log = new Logger('jobs');
  readonly #running = new Map<RunningJob, Promise<void>>();

  constructor(
    readonly jobs: Jobs,
    private readonly engines: GuardedEngines,
    private readonly places: JobPlaces,
  ) {}

  async onModuleDestroy(): Promise<void> {
    for (const job of this.#running.keys()) job.cancel();
    await Promise.allSettled(this.#running.values());
  }

  /** Begins, and answers with the job as it begins. `exhausted` where the person, or the server, has too much running. */
  create(visitor: Visitor, wish: NewJob): Job {
    const { principal, ended } = visitor;
    const { userId, name: who, sessionId: credential } = principal;
    const steps = this.#stepsOf(visitor, wish);
    const job = this.jobs.open({ ...headOf(wish), userId, who, credential, steps });
    const cut = (): void => job.cancel();
    ended.addEventListener('abort', cut, { once: true });
    const run = runJob(job, wish, (step) => this.#engineFor(visitor, step))
      .catch((thrown: unknown) => this.#log.error(`job ${job.id} (${job.description.action}) broke off`, thrown))
      .finally(() => {
        ended.removeEventListener('abort', cut);
        this.#running.delete(job);
      });
    this.#running.set(job, run);
    return this.jobs.seenBy(principal, job) as Job;
  }

  /** What is done to a container takes `job:run` there, as the rights are by now; on a host, somewhere on it: what is theirs there the door decides. */
  #engineFor(visitor: Visitor, { host, container }: JobStep): EngineClient {
    const { userId: id, name, rights } = visitor.principal;
    if (container !== undefined && !decide(rights, 'job:run', this.places.resources.container(host, container)))
      throw new Failure('forbidden', 'job:run is needed on the container');
    if (container === undefined && !this.#maySomewhere(rights, host)) throw new Failure('forbidden', 'job:run is needed on the host');
    const caller = { kind: 'person', id, name, requestId: '' } as const;
    return engineClient(this.engines.of(visitor), { version: engineVersion, prefix: `/engine/${host}`, caller });
  }

  /** A host that is not there, or is not theirs to see, the door calls so. */
  #maySomewhere(rights: Rights, hostId: string): boolean {
    const host = this.places.hosts.find(hostId);
    const sight = host && new Sight(host, rights);
    return !sight?.seesHost || sight.maySomewhere('job:run');
  }

  #stepsOf(visitor: Visitor, wish: NewJob): PlacedStep[] {
    const waiting = { state: 'waiting' } as const;
    if (wish.kind !== 'containers') return wish.hosts.map((host, at) => ({ step: { at, host, name: '', ...waiting } }));
    return wish.targets.map(({ host, id }, at) => this.#container(visitor, { at, host, container: id, name: id.slice(0, 12), ...waiting }));
  }

  /** A container is called by its name only towards somebody who may see it. */
  #container({ principal }: Visitor, step: JobStep & { container: string }): PlacedStep {
    const { fleet, resources } = this.places;
    const row = fleet.rowOf(step.host, step.container);
    if (!row) return { step, about: { kind: 'container', id: step.container } };
    const about = { kind: 'container', id: row.id, labels: row.labels, isTruncated: row.isTruncated } as const;
    return { step: decide(principal.rights, 'container:list', resources.row(row)) ? { ...step, name: row.name } : step, about };
  }
}

function headOf(wish: NewJob): { kind: NewJob['kind']; action: string; reference?: string } {
  if (wish.kind === 'pull') return { kind: 'pull', action: 'pull', reference: wish.reference };
  return { kind: wish.kind, action: wish.kind === 'prune' ? wish.what : wish.verb };
}
