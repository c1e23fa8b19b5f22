import { sessionKinds } from '@gantry/engine-api';
import * as z from 'zod';

/** What an agent tells of the terminals that it has. */
const FoundSession = z.object({
  id: z.string().regex(/^[0-9a-f]{64}$/),
  kind: z.enum(sessionKinds).default('exec'),
  ownerId: z.uuid(),
  request: z.uuid(),
  startedAtMs: z.int().min(0).max(Date.UTC(2100)),
  containerId: z.string().max(128).default(''),
  containerName: z.string().max(256).default(''),
  command: z.string().default(''),
  /** It is told of until it is recorded to its end. */
  ended: z.looseObject({}).optional(),
});
export type FoundSession = z.output<typeof FoundSession>;
const FoundSessions = z.array(z.unknown());
/** As many as an agent has: 64 that run and 32 that have ended. */
const mostFound = 96;

/** Those that can be believed to be some, undefined for each that does not describe itself; `invalid` where nothing is told at all. */
export function foundSessions(told: unknown): (FoundSession | undefined)[] {
  return FoundSessions.parse(told)
    .slice(0, mostFound)
    .map((one) => FoundSession.safeParse(one).data);
}
