import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import type { Exit } from './container.ts';
import type { ContainersHost } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import { restartDelayMs } from './restart-policy.ts';
import { startContainer } from './start-container.ts';

/** Waits as long as the policy says and starts again, unless the restart is called off in the meantime. */
export async function restartLater(host: ContainersHost, container: ManagedContainer): Promise<void> {
  while (container.state.name === 'restarting') if (!(await restartOnce(host, container, container.state.exit))) return;
}

/** True where it is to be tried again: the start did not even begin, for want of space. */
async function restartOnce(host: ContainersHost, container: ManagedContainer, exit: Exit): Promise<boolean> {
  const delayMs = restartDelayMs(exit, container.restartDelayMs);
  container.restartDelayMs = delayMs;
  const cancelled = new AbortController();
  container.cancelRestart = () => {
    cancelled.abort();
  };
  try {
    await sleep(delayMs, undefined, { signal: cancelled.signal, ref: false });
  } catch {
    return false;
  }
  try {
    await startContainer(host, container, { by: 'policy', signal: cancelled.signal });
    return false;
  } catch (cause) {
    if (cancelled.signal.aborted) return false;
    host.report(`container ${container.id}: restart failed: ${Failure.from(cause).message}`, cause);
    return true;
  }
}
