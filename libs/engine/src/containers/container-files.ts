import * as z from 'zod';
import type { ContainerRecord, ContainerStatus } from './container.ts';

/** What a record must have to be taken for one; the rest is as we wrote it. */
const recordShape = z.looseObject({
  id: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().min(1),
  createdAtMs: z.number(),
  image: z.object({ id: z.string(), platform: z.string() }),
  command: z.array(z.string()),
  config: z.looseObject({ Labels: z.record(z.string(), z.string()), Env: z.array(z.string()) }),
  hostConfig: z.looseObject({ NetworkMode: z.string(), RestartPolicy: z.looseObject({ Name: z.string() }) }),
  endpoints: z.record(z.string(), z.looseObject({})),
  hasLeftMode: z.boolean().optional(),
  mounts: z.array(z.looseObject({ type: z.string(), destination: z.string() })),
});

const identity = z.looseObject({ pid: z.int(), startTicks: z.string(), bootId: z.string() });
const exit = z.looseObject({ code: z.int(), atMs: z.number(), startedAtMs: z.number() });
const run = z.looseObject({ init: identity, monitor: identity, startedAtMs: z.number(), sandbox: z.looseObject({}) });
const statusShape = z.looseObject({
  state: z.discriminatedUnion('name', [
    z.looseObject({ name: z.literal('created'), failure: exit.optional() }),
    z.looseObject({
      name: z.literal('starting'),
      bootId: z.string(),
      by: z.enum(['hand', 'policy']).default('hand'),
      exit: exit.optional(),
    }),
    z.looseObject({ name: z.literal('running'), run }),
    z.looseObject({ name: z.literal('paused'), run, isForCommit: z.boolean().optional() }),
    z.looseObject({ name: z.literal('restarting'), exit }),
    z.looseObject({ name: z.literal('exited'), exit }),
  ]),
  restarts: z.number(),
  isStoppedByHand: z.boolean(),
});

export const containerRecord = recordShape.transform((value) => value as unknown as ContainerRecord);
export const containerStatus = statusShape.transform((value) => value as unknown as ContainerStatus);
