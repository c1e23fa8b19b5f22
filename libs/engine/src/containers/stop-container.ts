import { forbidProbes } from '../health/watch-health.ts';
import { can } from './container.ts';
import { endedWithin } from './ended-within.ts';
import { type ContainersHost, publish } from './containers-host.ts';
import { killContainer, sigkill, stopSignalOf } from './kill-container.ts';
import type { ManagedContainer } from './managed-container.ts';
import { signalNumber } from './signals.ts';
import { callOffRestart, markStopped } from './stop-by-hand.ts';
import { durableStep } from '../state/durable-step.ts';

export interface StopOptions {
  /** Seconds before SIGKILL; -1 waits for ever; undefined: the container's own, else 10. */
  readonly timeoutSeconds: number | undefined;
  /** '' for the container's own. */
  readonly signal: string;
  /** `restart` stops too, but does not count as stopped by hand. */
  readonly isByHand: boolean;
}

const defaultTimeoutSeconds = 10;

/** Asks the process to end, waits, and kills it. Stopping what does not run changes nothing and answers 'already-stopped' (the API's 304). Fails with `invalid` for an unknown signal. */
export async function stopContainer(
  host: ContainersHost,
  container: ManagedContainer,
  options: StopOptions,
): Promise<'stopped' | 'already-stopped'> {
  const signal = options.signal === '' ? stopSignalOf(container) : signalNumber(options.signal);
  await container.lock.settled();
  if (!can(container.state, 'stop')) return 'already-stopped';
  if (options.isByHand) await markStopped(host, container);
  else await stopRestarting(host, container);
  await forbidProbes(container);
  container.untoldStops += 1;
  try {
    await endRun(host, container, { signal, seconds: options.timeoutSeconds });
  } finally {
    container.untoldStops -= 1;
  }
  publish(host, container, { action: 'stop' });
  return 'stopped';
}

async function endRun(
  host: ContainersHost,
  container: ManagedContainer,
  { signal, seconds }: { readonly signal: number; readonly seconds: number | undefined },
): Promise<void> {
  const ended = container.runEnd;
  await durableStep('stop.signal', () => killContainer(host, container, signal).catch(() => undefined));
  container.isStopping = true;
  if (!(await endedWithin(ended, seconds ?? container.record.config.StopTimeout ?? defaultTimeoutSeconds))) {
    await killContainer(host, container, sigkill).catch(() => undefined);
    await ended;
  }
  // Whoever is answered finds ports and mounts released: the end holds the lock until then.
  await container.lock.settled();
}

async function stopRestarting(host: ContainersHost, container: ManagedContainer): Promise<void> {
  using _held = await container.lock.hold();
  await callOffRestart(host, container);
}
