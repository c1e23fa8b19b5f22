import { Failure } from '@gantry/base';
import type { EngineClient } from '@gantry/engine-api/client';
import * as z from 'zod/mini';

const Inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  State: z.object({
    Running: z.boolean(),
    Status: z.optional(z.string()),
    ExitCode: z.optional(z.number()),
    Error: z.optional(z.string()),
  }),
  RestartCount: z.optional(z.number()),
  HostConfig: z.optional(z.object({ AutoRemove: z.optional(z.boolean()) })),
});

/** What a recreation asks of a container. */
export type Inspected = z.infer<typeof Inspected>;

/** A container as its engine tells of it; undefined where there is none. */
export async function findContainer(client: EngineClient, id: string): Promise<Inspected | undefined> {
  try {
    return z.parse(Inspected, await (await client.call('ContainerInspect', { path: { id } })).json());
  } catch (thrown) {
    if (Failure.from(thrown).code === 'not-found') return undefined;
    throw thrown;
  }
}

/** Engines write names with a slash in front. */
export function nameOf({ Name }: Pick<Inspected, 'Name'>): string {
  return Name.replace(/^\//, '');
}

const Waited = z.object({ StatusCode: z.number() });

/** The status with which a container ends within a time; undefined where it has not ended by then. An engine in this process answers a wait never where it is given up: time ends it here. */
export async function endedWithin(client: EngineClient, id: string, timeMs: number): Promise<number | undefined> {
  const over = AbortSignal.timeout(timeMs);
  const { promise: timeIsOver, resolve } = Promise.withResolvers<undefined>();
  over.addEventListener('abort', () => resolve(undefined), { once: true });
  const ended = waitFor(client, id, over).catch((thrown: unknown) => {
    if (over.aborted) return undefined;
    throw thrown;
  });
  return Promise.race([timeIsOver, ended]);
}

async function waitFor(client: EngineClient, id: string, signal: AbortSignal): Promise<number | undefined> {
  const answer = await client.call('ContainerWait', { path: { id }, query: { condition: 'not-running' } }, signal);
  const { StatusCode } = z.parse(Waited, await answer.json());
  return signal.aborted ? undefined : StatusCode;
}
