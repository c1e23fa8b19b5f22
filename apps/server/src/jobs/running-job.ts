import { randomUUID } from 'node:crypto';
import type { Job, JobStep } from '@gantry/contract';
import type { ObjectFacts } from '../access/resources.ts';

/** A step with what it is about: that says who may see it. Without, it concerns its host. */
export interface PlacedStep {
  readonly step: JobStep;
  readonly about?: ObjectFacts;
}

export interface JobDescription {
  readonly kind: Job['kind'];
  readonly action: string;
  readonly reference?: string;
  readonly userId: string;
  readonly who: string;
  readonly steps: readonly PlacedStep[];
}

const open: readonly JobStep['state'][] = ['waiting', 'running'];

/** One job while the server knows it. Steps are replaced, never mutated. */
export class RunningJob {
  readonly id = randomUUID();
  readonly description: JobDescription;
  readonly startedAtMs = Date.now();
  endedAtMs: number | undefined;
  readonly #steps: PlacedStep[];
  readonly #cancelling = new AbortController();
  readonly #tell: (job: RunningJob, at: number) => void;

  /** `tell` hears of each step that changes. */
  constructor(description: JobDescription, tell: (job: RunningJob, at: number) => void) {
    this.description = description;
    this.#steps = [...description.steps];
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
    if (this.isRunning) return 'running';
    const has = (state: JobStep['state']): boolean => this.#steps.some(({ step }) => step.state === state);
    return has('failed') ? 'failed' : has('cancelled') ? 'cancelled' : 'done';
  }

  change(at: number, change: Partial<JobStep>): void {
    const placed = this.#steps[at];
    if (!placed) return;
    this.#steps[at] = { ...placed, step: { ...placed.step, ...change } };
    if (!this.#steps.some(({ step }) => open.includes(step.state))) this.endedAtMs = Date.now();
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
