import * as z from 'zod';
import { type ContractRow } from './row.ts';

/** A terminal that is open now, whichever way it was opened. */
export const LiveTerminal = z
  .object({
    /** Of its exec and session. */
    id: z.string(),
    /** What it is of: a command in a container, a container's own terminal, or the host itself. */
    kind: z.enum(['exec', 'attach', 'host']),
    host: z.uuid(),
    /** Empty for a shell on the host. */
    container: z.string(),
    /** Of the container, or of the host for a shell on it. */
    name: z.string(),
    command: z.string(),
    owner: z.string(),
    startedAt: z.iso.datetime(),
    /** It is the caller's. */
    isOwn: z.boolean(),
    /** What the caller may do with it, if it is not theirs. */
    can: z.array(z.enum(['watch', 'join', 'end'])),
    /** Whoever is in it, the owner too; nobody is there while their page is closed. */
    people: z.array(z.object({ name: z.string(), mode: z.enum(['own', 'join', 'watch']) })),
  })
  .meta({ id: 'LiveTerminal' });
export type LiveTerminal = z.infer<typeof LiveTerminal>;

/** The caller's own, and those that they may watch, join or end. Oldest first. */
export const listTerminals = {
  name: 'listTerminals',
  method: 'GET',
  path: '/api/terminals',
  access: 'session',
  summary: 'Open terminals',
  answer: z.array(LiveTerminal),
} as const satisfies ContractRow;
