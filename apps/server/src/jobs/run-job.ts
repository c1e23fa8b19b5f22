import { Failure } from '@gantry/base';
import type { JobStep, NewJob } from '@gantry/contract';
import type { EngineClient } from '@gantry/engine-api';
import { runStep } from './run-step.ts';
import type { RunningJob } from './running-job.ts';

const atOnce = 6;

/** Does the steps of a job, six at a time; one that fails, or for which there is no engine, stops no other. Resolves when all have ended. */
export async function runJob(job: RunningJob, wish: NewJob, engineFor: (step: JobStep) => EngineClient): Promise<void> {
  const queue = job.steps.map(({ step }) => step);
  const worker = async (): Promise<void> => {
    for (let step = queue.shift(); step && !job.signal.aborted; step = queue.shift()) {
      job.change(step.at, { state: 'running' });
      job.change(step.at, await outcomeOf(job, wish, { step, engineFor }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, worker));
}

async function outcomeOf(
  job: RunningJob,
  wish: NewJob,
  { step, engineFor }: { step: JobStep; engineFor: (step: JobStep) => EngineClient },
): Promise<Partial<JobStep>> {
  try {
    const note = (change: Partial<JobStep>): void => job.change(step.at, change);
    return { state: 'done', ...(await runStep(wish, step, { engine: engineFor(step), signal: job.signal, note })) };
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    if (job.signal.aborted) return { state: 'cancelled' };
    return { state: 'failed', failure: code === 'internal' ? 'internal error' : message };
  }
}
