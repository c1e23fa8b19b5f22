import type { NewJob } from '@gantry/contract';
import { inject, type InjectionKey } from 'vue';
import { call } from '../api/call.ts';
import { routes } from '../api/routes.ts';
import type { JobBoard } from './job-board.ts';

export const jobsKey: InjectionKey<JobBoard> = Symbol('jobs');

/** The jobs that the shell keeps up to date. */
export function useJobs(): JobBoard {
  const found = inject(jobsKey);
  if (!found) throw new Error('the jobs are used outside of the shell');
  return found;
}

/** Begins a job; resolves with its id once the board has it. Fails with the server's Failure. */
export async function startJob(board: JobBoard, wish: NewJob): Promise<string> {
  const job = await call(routes.createJob, { body: wish });
  if (!board.jobs.has(job.id)) board.take({ upserts: [job], gone: [] });
  return job.id;
}

export function cancelJob(id: string): Promise<unknown> {
  return call(routes.cancelJob, { params: { jobId: id } });
}
