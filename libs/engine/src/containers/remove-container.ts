import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { forbidProbes } from '../health/watch-health.ts';
import { durableStep } from '../state/durable-step.ts';
import { clearRun } from './clear-run.ts';
import { can, statusWord } from './container.ts';
import { type ContainersHost, publish } from './containers-host.ts';
import { killContainer, sigkill } from './kill-container.ts';
import type { ManagedContainer } from './managed-container.ts';
import { anonymousOf } from './mount-points.ts';
import { callOffRestart } from './stop-by-hand.ts';

export interface RemoveOptions {
  /** Kill it first where it runs. */
  readonly force: boolean;
  /** Its anonymous volumes go with it. */
  readonly volumes: boolean;
  /** What the request called it. */
  readonly reference: string;
}

/** Removes a container with its writable layer and log. Fails with `conflict` where it runs and `force` is not given, or a removal is under way. */
export async function removeContainer(host: ContainersHost, container: ManagedContainer, options: RemoveOptions): Promise<void> {
  if (container.isBeingRemoved) throw new Failure('conflict', messages.removalInProgress(options.reference));
  container.isBeingRemoved = true;
  try {
    if (options.force) await endRun(host, container);
    using _held = await container.lock.hold();
    const { state } = container;
    if (!can(state, 'remove')) throw new Failure('conflict', messages.cannotRemoveRunning(container.name, statusWord(state)));
    await removeHeld(host, container, options);
  } catch (cause) {
    container.isBeingRemoved = false;
    throw cause;
  }
}

async function endRun(host: ContainersHost, container: ManagedContainer): Promise<void> {
  // A start that is under way, or was asked for before, comes to its end first; none begins after it.
  await container.lock.settled();
  container.isStopping = true;
  container.cancelRestart();
  await forbidProbes(container);
  const ended = container.runEnd;
  if (can(container.state, 'kill') && container.state.name !== 'restarting')
    await killContainer(host, container, sigkill).catch(() => undefined);
  await ended;
  using _held = await container.lock.hold();
  await callOffRestart(host, container);
}

/** What `--rm` asks for, for who holds the container's lock; a removal by request that waits for the lock does it instead. */
export async function removeByPolicy(host: ContainersHost, container: ManagedContainer): Promise<void> {
  if (!container.record.hostConfig.AutoRemove || container.isBeingRemoved) return;
  container.isBeingRemoved = true;
  await removeHeld(host, container, { volumes: true }).finally(() => (container.isBeingRemoved = false));
}

/** What the directory of a record is called while its container is removed. */
const removalPlace = (id: string, volumes: boolean): string => `.removing-${volumes ? 'volumes-' : ''}${id}`;

/** The container and the wish that a directory of that name stands for. */
export function parseRemovalPlace(name: string): { readonly id: string; readonly volumes: boolean } | undefined {
  const [, volumes, id] = /^\.removing-(volumes-)?([0-9a-f]{64})$/.exec(name) ?? [];
  return id === undefined ? undefined : { id, volumes: volumes !== undefined };
}

/**
 * The removal itself, for who holds the container's lock. It begins by renaming the record, which takes no space on a full disk; a killed engine goes on
 * with it at its next start. A failure leaves the container `dead`; removing it again goes on too.
 */
export async function removeHeld(
  host: ContainersHost,
  container: ManagedContainer,
  { volumes }: Pick<RemoveOptions, 'volumes'>,
): Promise<void> {
  const { id, record } = container;
  const place = removalPlace(id, volumes);
  if (container.place !== place) await durableStep('remove.intent', () => host.records.move(container.place, place));
  container.place = place;
  container.status = { ...container.status, state: { name: 'removing' } };
  try {
    if (container.hasLeftovers) await clearRun(host, container, { hasEnded: false });
    await host.images.removeRootfs(id);
    await host.volumes.release(id, volumes ? anonymousOf(record.mounts) : []);
    await durableStep('remove.record', () => host.records.remove(place));
  } catch (cause) {
    container.status = { ...container.status, state: { name: 'dead', error: Failure.from(cause).message } };
    throw cause;
  }
  for (let told = 0; told < container.untoldStops; told++) publish(host, container, { action: 'stop' });
  publish(host, container, { action: 'destroy' });
  container.tellRemoved();
}
