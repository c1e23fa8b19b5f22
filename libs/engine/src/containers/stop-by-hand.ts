import { type ContainersHost, keepStatus } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import { durableStep } from '../state/durable-step.ts';

/**
 * Somebody wants it to end: policy does not start it again, and a restart that waits is called off. Durable before the signal: a machine that goes
 * down in between must not start it again.
 */
export async function markStopped(host: ContainersHost, container: ManagedContainer): Promise<void> {
  using _held = await container.lock.hold();
  container.isStopping = true;
  const status = { ...container.status, isStoppedByHand: true };
  if (container.record.hostConfig.RestartPolicy.Name === 'no') container.status = status;
  else if (!container.status.isStoppedByHand && container.state.name !== 'restarting')
    await durableStep('stop.intent', () => keepStatus(host, container, status));
  await callOffRestart(host, container, { isStoppedByHand: true });
}

/** A restart that waits does not come, and who waits for the end is told; for who holds the container's lock. */
export async function callOffRestart(
  host: ContainersHost,
  container: ManagedContainer,
  change: { readonly isStoppedByHand?: boolean } = {},
): Promise<void> {
  const { state } = container;
  container.cancelRestart();
  if (state.name !== 'restarting') return;
  await keepStatus(host, container, { ...container.status, ...change, state: { name: 'exited', exit: state.exit } });
  container.tellExit(state.exit);
}
