import { Failure } from '@gantry/base';
import type { Engine } from '@gantry/engine-api';
import { type EngineClient, engineClient } from '@gantry/engine-api/client';
import * as z from 'zod/mini';
import { type Replacing, takeBack } from './take-back.ts';

const Note = z.object({
  oldId: z.string(),
  name: z.string(),
  setAside: z.string(),
  newName: z.string(),
  // Agents up to this one's forerunner made the new one under the name that it was to have, and wrote none down.
  madeAs: z.optional(z.string()),
  wasRunning: z.boolean(),
  newId: z.optional(z.string()),
  isReplaced: z.optional(z.literal(true)),
});

/** Ends a recreation that an agent left half done, by the note of it; answers with what was done. Twice is the same as once. */
export async function finishReplacing(engine: Engine, written: string): Promise<string> {
  const client = engineClient(engine, { caller: { kind: 'gantry', part: 'agent' } });
  const note = z.parse(Note, JSON.parse(written)) as Replacing;
  if (note.isReplaced) {
    await removeOld(client, note);
    return `container ${note.name} was replaced, and the old one, ${note.setAside}, is removed now`;
  }
  if (!(await takeBack(client, note)))
    return `container ${note.name} (${note.oldId}) is gone, and its recreation, which was cut off, is forgotten`;
  return `container ${note.name} is as it was before its recreation, which was cut off`;
}

async function removeOld(client: EngineClient, { oldId }: Replacing): Promise<void> {
  await client.call('ContainerDelete', { path: { id: oldId }, query: { force: true } }).catch((thrown: unknown) => {
    if (Failure.from(thrown).code !== 'not-found') throw thrown;
  });
}
