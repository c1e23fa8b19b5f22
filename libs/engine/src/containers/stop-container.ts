import { setTimeout as sleep } from 'node:timers/promises';
import { can } from './container.ts';
import { type ContainersHost, publish, saveStatus } from './containers-host.ts';
import { killContainer, stopSignalOf } from './kill-container.ts';
import type { ManagedContainer } from './managed-container.ts';

export interface StopOptions {
  /** Seconds before SIGKILL; -1 waits for ever; undefined: the container's own, else 10. */
  readonly timeoutSeconds: number | undefined;
  /** '' for the container's own. */
  readonly signal: string;
  /** `restart` stops too, but does not count as stopped by hand. */
  readonly isByHand: boolean;
}

const defaultTimeoutSeconds = 10;

/** Asks the process to end, waits, and kills it. Stopping what does not run changes nothing and answers 'already-stopped' (the API's 304). */
export async function stopContainer(
  host: ContainersHost,
  container: ManagedContainer,
  options: StopOptions,
): Promise<'stopped' | 'already-stopped'> {
  await settled(container);
  if (!can(container.state, 'stop')) return 'already-stopped';
  container.cancelRestart();
  if (options.isByHand) await markStopped(host, container);
  const ended = container.runEnd;
  await killContainer(host, container, options.signal === '' ? String(stopSignalOf(container)) : options.signal).catch(() => undefined);
  container.isStopping = true;
  const seconds = options.timeoutSeconds ?? container.record.config.StopTimeout ?? defaultTimeoutSeconds;
  if (!(await endedWithin(ended, seconds))) {
    await killContainer(host, container, 'SIGKILL').catch(() => undefined);
    await ended;
  }
  // Whoever is answered finds ports and mounts released: the end holds the lock until then.
  await settled(container);
  publish(host, container, { action: 'stop' });
  return 'stopped';
}

/** Waits for the transition that is under way, if any. */
async function settled(container: ManagedContainer): Promise<void> {
  (await container.lock.hold())[Symbol.dispose]();
}

/** Durable before the signal: a machine that goes down in between must not start it again. */
async function markStopped(host: ContainersHost, container: ManagedContainer): Promise<void> {
  using _held = await container.lock.hold();
  container.isStopping = true;
  const { state } = container;
  if (state.name === 'restarting') {
    await saveStatus(host, container, { ...container.status, state: { name: 'exited', exit: state.exit }, isStoppedByHand: true });
  } else if (container.record.hostConfig.RestartPolicy.Name === 'no') {
    container.status = { ...container.status, isStoppedByHand: true };
  } else {
    await saveStatus(host, container, { ...container.status, isStoppedByHand: true });
  }
}

async function endedWithin(ended: Promise<unknown>, seconds: number): Promise<boolean> {
  if (seconds < 0) {
    await ended;
    return true;
  }
  const gaveUp = new AbortController();
  const late = sleep(seconds * 1000, false, { signal: gaveUp.signal }).catch(() => false);
  const isEnded = await Promise.race([ended.then(() => true), late]);
  gaveUp.abort();
  return isEnded;
}
