import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { endHealth, resumeHealth } from '../health/watch-health.ts';
import { cgroupOf, type ContainersHost, keepStatus, publish, saveStatus } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import { durableStep } from '../state/durable-step.ts';

const freezeTimeoutMs = 10_000;

/** Freezes all processes of a running container. */
export async function pauseContainer(
  host: ContainersHost,
  container: ManagedContainer,
  { isForCommit = false }: { readonly isForCommit?: boolean } = {},
): Promise<void> {
  using _held = await container.lock.hold();
  const { state } = container;
  if (state.name === 'paused') throw new Failure('conflict', messages.alreadyPaused(container.id));
  if (state.name === 'restarting') throw new Failure('conflict', messages.restarting(container.id));
  if (state.name !== 'running') throw new Failure('conflict', `Container ${container.id} is not running`);
  await endHealth(host, container);
  const freeze = (isFrozen: boolean): Promise<void> =>
    host.cgroups.freeze(cgroupOf(host, container.id), isFrozen, AbortSignal.timeout(freezeTimeoutMs));
  try {
    await durableStep('pause.freeze', () => freeze(true));
    await durableStep('pause.record', () =>
      saveStatus(host, container, { ...container.status, state: { name: 'paused', run: state.run, ...(isForCommit && { isForCommit }) } }),
    );
  } catch (cause) {
    await freeze(false).catch(() => undefined);
    await resumeHealth(host, container, state.run.startedAtMs);
    throw cause;
  }
  publish(host, container, { action: 'pause' });
}

/** Thaws a paused container. */
export async function unpauseContainer(host: ContainersHost, container: ManagedContainer): Promise<void> {
  using _held = await container.lock.hold();
  if (container.state.name !== 'paused') throw new Failure('conflict', messages.notPaused(container.id));
  await thaw(host, container);
}

/** Thaws a container that a signal is to end. */
export async function thawHeld(host: ContainersHost, container: ManagedContainer): Promise<void> {
  using _held = await container.lock.hold();
  if (container.state.name === 'paused') await thaw(host, container);
}

/** The same for who holds its lock, or before anybody else can. */
export async function thaw(host: ContainersHost, container: ManagedContainer): Promise<void> {
  const { state } = container;
  if (state.name !== 'paused') return;
  const unfreeze = (): Promise<void> => host.cgroups.freeze(cgroupOf(host, container.id), false, AbortSignal.timeout(freezeTimeoutMs));
  await durableStep('thaw.unfreeze', unfreeze);
  await durableStep('thaw.record', () => keepStatus(host, container, { ...container.status, state: { name: 'running', run: state.run } }));
  await resumeHealth(host, container, state.run.startedAtMs);
  publish(host, container, { action: 'unpause' });
}
