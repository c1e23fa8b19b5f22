import type { Job, JobStep } from '@gantry/contract';
import type { LiveRow } from '../../fleet/live-row.ts';
import type { Verb } from './container-actions.ts';

/** One verb on many containers: what is done, what failed and why. */
export interface BulkRun {
  readonly verb: Verb;
  readonly total: number;
  readonly done: number;
  readonly failed: readonly { readonly step: JobStep; readonly live: LiveRow | undefined; readonly message: string }[];
  readonly isRunning: boolean;
}

/** The job as its list shows it; `find` knows the rows, of which some may be gone. */
export function bulkOf(job: Job, find: (host: string, id: string) => LiveRow | undefined): BulkRun {
  const lost = job.steps.filter(({ state }) => state === 'failed' || state === 'cancelled');
  return {
    verb: job.action as Verb,
    total: job.steps.length,
    done: job.steps.filter(({ state }) => state === 'done').length,
    failed: lost.map((step) => ({ step, live: find(step.host, step.container ?? ''), message: step.failure ?? '' })),
    isRunning: job.state === 'running',
  };
}
