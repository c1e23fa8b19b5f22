import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import type { ContainersHost } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import { restartDelayMs } from './restart-policy.ts';
import { startContainer } from './start-container.ts';

/** Waits as long as the policy says and starts again, unless the restart is called off in the meantime. */
export async function restartLater(host: ContainersHost, container: ManagedContainer): Promise<void> {
  const { state } = container;
  if (state.name !== 'restarting') return;
  const delayMs = restartDelayMs(state.exit, container.restartDelayMs);
  container.restartDelayMs = delayMs;
  const cancelled = new AbortController();
  container.cancelRestart = () => {
    cancelled.abort();
  };
  try {
    await sleep(delayMs, undefined, { signal: cancelled.signal, ref: false });
  } catch {
    return;
  }
  if (container.state.name !== 'restarting') return;
  try {
    await startContainer(host, container, { by: 'policy', signal: cancelled.signal });
  } catch (cause) {
    if (!cancelled.signal.aborted) host.report(`container ${container.id}: restart failed: ${Failure.from(cause).message}`, cause);
  }
}
