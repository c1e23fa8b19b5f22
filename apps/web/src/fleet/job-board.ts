import type { Job, JobsMessage, JobStep } from '@gantry/contract';
import { computed, shallowReactive } from 'vue';

/** Hears of each step whose state is another one than before. */
export type StepHeard = (job: Job, step: JobStep) => void;

/** The jobs that this person may see, kept up by the socket: the same in every tab, and after a reload as far as the server knows them. */
export class JobBoard {
  readonly #jobs = shallowReactive(new Map<string, Job>());
  readonly #heard: StepHeard;
  /** Newest first, those that run before all others. */
  readonly list = computed(() =>
    [...this.#jobs.values()].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || b.startedAtMs - a.startedAtMs),
  );
  readonly running = computed(() => [...this.#jobs.values()].filter(isOpen).length);

  constructor(heard: StepHeard = () => undefined) {
    this.#heard = heard;
  }

  get jobs(): ReadonlyMap<string, Job> {
    return this.#jobs;
  }

  /** Everything as it is now; what is not among it the server has forgotten. */
  takeAll(jobs: readonly Job[]): void {
    const present = new Set(jobs.map(({ id }) => id));
    for (const id of [...this.#jobs.keys()]) if (!present.has(id)) this.#jobs.delete(id);
    for (const job of jobs) this.#put(job);
  }

  take({ upserts, gone }: JobsMessage): void {
    for (const id of gone) this.#jobs.delete(id);
    for (const job of upserts) this.#put(job);
  }

  #put(job: Job): void {
    const known = new Map(this.#jobs.get(job.id)?.steps.map((step) => [step.at, step]));
    const changed = job.steps.filter((step) => known.get(step.at)?.state !== step.state);
    for (const step of job.steps) known.set(step.at, step);
    const whole = { ...job, steps: [...known.values()].sort((a, b) => a.at - b.at) };
    this.#jobs.set(job.id, whole);
    for (const step of changed) this.#heard(whole, step);
  }
}

function isOpen({ state }: Job): boolean {
  return state === 'running';
}
