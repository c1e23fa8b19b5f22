import * as z from 'zod';
import { type ContractRow, nothing } from './row.ts';

/** What can be done to many containers as one job. */
export const jobVerbs = ['start', 'stop', 'restart', 'pause', 'unpause', 'kill', 'remove'] as const;
/** What of a host can be cleaned up: containers that do not run, images, volumes and networks that nobody uses, what builds have left. */
export const prunables = ['containers', 'images', 'volumes', 'networks', 'builds'] as const;

const hosts = z.array(z.uuid()).min(1).max(1_000);
const containerId = z.string().regex(/^[0-9a-f]{64}$/);

/** What is to be done. Each step of it is decided by the engine door, as if it had been asked for by itself. */
export const NewJob = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pull'), reference: z.string().max(512).regex(/^\S+$/), hosts }),
  z.strictObject({
    kind: z.literal('containers'),
    verb: z.enum(jobVerbs),
    targets: z
      .array(z.strictObject({ host: z.uuid(), id: containerId }))
      .min(1)
      .max(5_000),
  }),
  /** `isAll`: of images and volumes also those that have a name, of builds also what was used lately. */
  z.strictObject({ kind: z.literal('prune'), what: z.enum(prunables), isAll: z.boolean().default(false), hosts }),
]);
export type NewJob = z.infer<typeof NewJob>;

/** A layer of an image that is pulled. */
export const JobLayer = z.object({
  id: z.string(),
  step: z.enum(['waiting', 'downloading', 'verifying', 'downloaded', 'extracting', 'complete', 'present']),
  currentBytes: z.number(),
  /** 0 where nobody has said. */
  totalBytes: z.number(),
});
export type JobLayer = z.infer<typeof JobLayer>;

export const JobStep = z
  .object({
    /** Its place in the job; who does not see all steps sees gaps. */
    at: z.int().nonnegative(),
    host: z.uuid(),
    container: z.string().optional(),
    /** Of the container; empty where the step is about a host. */
    name: z.string(),
    state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
    /** Bytes that are here, of those that are known to come. */
    progress: z.object({ bytes: z.number(), totalBytes: z.number() }).optional(),
    /** In the order in which the engine named them. */
    layers: z.array(JobLayer).optional(),
    /** What the engine says while it works, and at the end. */
    said: z.string().optional(),
    failure: z.string().optional(),
    /** What a clean-up came to. */
    removed: z.int().optional(),
    reclaimedBytes: z.number().optional(),
    /** The host's report that carries the effect. */
    sequence: z.int().optional(),
  })
  .meta({ id: 'JobStep' });
export type JobStep = z.infer<typeof JobStep>;

export const Job = z
  .object({
    id: z.uuid(),
    /** `call`: something that a client asked an engine for by itself, as a docker CLI does; `action` names its route. */
    kind: z.enum(['pull', 'containers', 'prune', 'call']),
    /** The verb, what is cleaned up, or the route. */
    action: z.string(),
    /** The image of a pull. */
    reference: z.string().optional(),
    who: z.string(),
    isOwn: z.boolean(),
    mayCancel: z.boolean(),
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    startedAtMs: z.number(),
    endedAtMs: z.number().optional(),
    /** Those that the caller may see. */
    steps: z.array(JobStep),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof Job>;

/** Jobs as they are now (each with only those steps that have changed), and those that the server has forgotten. Sent at most every 250 ms. */
export const JobsMessage = z.object({ upserts: z.array(Job), gone: z.array(z.uuid()) });
export type JobsMessage = z.infer<typeof JobsMessage>;

/** Running ones and the last that ended, newest first: the caller's own, and of others those steps that `job:view` shows. The server forgets them when it ends. */
export const listJobs = {
  name: 'listJobs',
  method: 'GET',
  path: '/api/jobs',
  access: 'session',
  byToken: true,
  summary: 'What is being done, and what was done lately',
  answer: z.array(Job),
} as const satisfies ContractRow;

/** For who may run jobs somewhere; a step about a container where they may not fails. 429 where the caller or the server has too much running already. The job goes on when the caller is gone, and ends with the caller's session. */
export const createJob = {
  name: 'createJob',
  method: 'POST',
  path: '/api/jobs',
  access: 'job:run',
  where: 'somewhere',
  summary: 'Pull an image, act on many containers or clean hosts up, as a job of the server',
  body: NewJob,
  answer: Job,
  status: 201,
} as const satisfies ContractRow;

/** Steps that have not begun will not; one that runs is given up where its engine can. For the caller's own jobs, others need `job:manage` on all of it. */
export const cancelJob = {
  name: 'cancelJob',
  method: 'POST',
  path: '/api/jobs/:jobId/cancel',
  access: 'session',
  byToken: true,
  summary: 'Cancel a job',
  params: z.object({ jobId: z.uuid() }),
  answer: nothing,
} as const satisfies ContractRow;
