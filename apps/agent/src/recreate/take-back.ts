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
  readonly wasRunning: boolean;
  /** Since it was made. */
  readonly newId?: string;
  /** The new one runs: there is no way back, only the old one is still to be removed. */
  readonly isReplaced?: true;
}

/**
 * Puts things back as they were: removes the new container, gives the old one its name and, where it ran, starts it. Twice is the same as once. Fails with all that could not
 * be done; what can be is done all the same.
 */
export async function takeBack(client: EngineClient, replacing: Replacing): Promise<void> {
  const { oldId, name, wasRunning } = replacing;
  const problems: string[] = [];
  const attempt = async (what: string, step: () => Promise<unknown>): Promise<void> => {
    await step().catch((thrown: unknown) => problems.push(`${what}: ${Failure.from(thrown).message}`));
  };
  await attempt('the new container is still there', () => removeNew(client, replacing));
  const old = await findContainer(client, oldId);
  if (!old) throw new Failure('internal', `container ${name} (${oldId}) is gone`);
  if (nameOf(old) !== name)
    await attempt(`it is called ${nameOf(old)}`, () => client.call('ContainerRename', { path: { id: oldId }, query: { name } }));
  if (wasRunning && !old.State.Running)
    await attempt('it could not be started again', () => client.call('ContainerStart', { path: { id: oldId } }));
  if (problems.length > 0) throw new Failure('internal', problems.join('; '));
}

/** With the volumes that were made for it and have no name; those that it took over have one by now. */
async function removeNew(client: EngineClient, replacing: Replacing): Promise<void> {
  const id = replacing.newId ?? (await neverStarted(client, replacing));
  if (id === undefined || !(await findContainer(client, id))) return;
  await client.call('ContainerDelete', { path: { id }, query: { force: true, v: true } });
}

/** Where the agent ended between making the new one and writing it down: it has the name, and has never run. */
async function neverStarted(client: EngineClient, { newName, oldId }: Replacing): Promise<string | undefined> {
  const found = await findContainer(client, newName);
  return found && found.Id !== oldId && found.State.Status === 'created' ? found.Id : undefined;
}
