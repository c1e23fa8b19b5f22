import { Failure } from '@gantry/base';
import type { EngineClient } from '@gantry/engine-api/client';
import { findContainer, nameOf } from './engine-questions.ts';

/** A recreation that is under way, as it is written down before its first effect. */
export interface Replacing {
  readonly oldId: string;
  /** The name that the old container had; it is called `setAside` meanwhile. */
  readonly name: string;
  readonly setAside: string;
  /** What the new one is to be called: `name`, unless it is renamed on the way. */
  readonly newName: string;
  /** What it is called until it is known by its id: a name of its own, which nobody else can have chosen. Not in notes of older agents. */
  readonly madeAs?: string | undefined;
  readonly wasRunning: boolean;
  /** Since it was made. */
  readonly newId?: string;
  /** The new one runs: there is no way back, only the old one is still to be removed. */
  readonly isReplaced?: true;
}

/**
 * Puts things back as they were: removes the new container, gives the old one its name and, where it ran, starts it. Twice is the same as once. Fails with all that could not
 * be done; what can be is done all the same. False where the old one is gone: then there is nothing to go back to, and the new one stays.
 */
export async function takeBack(client: EngineClient, replacing: Replacing): Promise<boolean> {
  const { oldId, name, wasRunning } = replacing;
  const problems: string[] = [];
  const attempt = async (what: string, step: () => Promise<unknown>): Promise<void> => {
    await step().catch((thrown: unknown) => problems.push(`${what}: ${Failure.from(thrown).message}`));
  };
  const old = await findContainer(client, oldId);
  if (!old) return false;
  await attempt('the new container is still there', () => removeNew(client, replacing));
  if (nameOf(old) !== name)
    await attempt(`it is called ${nameOf(old)}`, () => client.call('ContainerRename', { path: { id: oldId }, query: { name } }));
  if (wasRunning && !old.State.Running)
    await attempt('it could not be started again', () => client.call('ContainerStart', { path: { id: oldId } }));
  if (problems.length > 0) throw new Failure('internal', problems.join('; '));
  return true;
}

/** With the volumes that were made for it and have no name; those that it took over have one by now. */
async function removeNew(client: EngineClient, replacing: Replacing): Promise<void> {
  const id = replacing.newId ?? (await madeUnheard(client, replacing));
  if (id === undefined || !(await findContainer(client, id))) return;
  await client.call('ContainerDelete', { path: { id }, query: { force: true, v: true } });
}

/** Where nobody heard what came of the request to make it. An engine finds containers by the start of their ids, too: what is called otherwise is somebody else's. */
async function madeUnheard(client: EngineClient, { madeAs }: Replacing): Promise<string | undefined> {
  const found = madeAs === undefined ? undefined : await findContainer(client, madeAs);
  return found && nameOf(found) === madeAs ? found.Id : undefined;
}
