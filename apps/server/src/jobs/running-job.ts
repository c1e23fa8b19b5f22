import { randomUUID } from 'node:crypto';
import type { Job, JobStep } from '@gantry/contract';
import type { ObjectFacts } from '../access/resources.ts';

/** A step with what it is about: that says who may see it. Without, it concerns its host. */
export interface PlacedStep {
  readonly step: JobStep;
  readonly about?: ObjectFacts;
  /** Since it has ended; milliseconds. */
  readonly endedAtMs?: number;
}

export interface JobDescription {
  readonly kind: Job['kind'];
  readonly action: string;
  readonly reference?: string;
  readonly userId: string;
  readonly who: string;
  /** The session or token that it was asked for with. */
  readonly credential: string;
  readonly steps: readonly PlacedStep[];
}

const isOpen = (state: JobStep['state']): boolean => state === 'waiting' || state === 'running';

/** What steps come to together, by which states there are among them. */
export function stateOf(has: (state: JobStep['state']) => boolean): Job['state'] {
  if (has('waiting') || has('running')) return 'running';
  return has('failed') ? 'failed' : has('cancelled') ? 'cancelled' : 'done';
}

/** One job while the server knows it. Steps are replaced, never mutated. */
export class RunningJob {
  readonly id = randomUUID();
  readonly description: JobDescription;
  readonly startedAtMs = Date.now();
  endedAtMs: number | undefined;
  readonly #steps: PlacedStep[];
  /** How many steps are in which state: a job may have thousands, which change one by one. */
  readonly #counts: Record<JobStep['state'], number> = { waiting: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
  readonly #cancelling = new AbortController();
  readonly #tell: (job: RunningJob, at: number) => void;

  /** `tell` hears of each step that changes. */
  constructor(description: JobDescription, tell: (job: RunningJob, at: number) => void) {
    this.description = description;
    this.#steps = [...description.steps];
    for (const { step } of this.#steps) this.#counts[step.state] += 1;
    this.#tell = tell;
  }

  get steps(): readonly PlacedStep[] {
    return this.#steps;
  }

  /** Aborts when somebody cancels the job. */
  get signal(): AbortSignal {
    return this.#cancelling.signal;
  }

  get isRunning(): boolean {
    return this.endedAtMs === undefined;
  }

  get state(): Job['state'] {
    return stateOf((state) => this.#counts[state] > 0);
  }

  change(at: number, change: Partial<JobStep>): void {
    const placed = this.#steps[at];
    if (!placed) return;
    const step = { ...placed.step, ...change };
    const hasEnded = isOpen(placed.step.state) && !isOpen(step.state);
    this.#steps[at] = { ...placed, step, ...(hasEnded ? { endedAtMs: Date.now() } : {}) };
    this.#counts[placed.step.state] -= 1;
    this.#counts[step.state] += 1;
    if (this.state !== 'running') this.endedAtMs = Date.now();
    this.#tell(this, at);
  }

  /** Steps that have not begun never will; those that run are asked to end. Twice changes nothing. */
  cancel(): void {
    this.#cancelling.abort();
    this.#steps.forEach(({ step }, at) => {
      if (step.state === 'waiting') this.change(at, { state: 'cancelled' });
    });
  }
}
