import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import { type ExitRecord, isAlive } from '@gantry/linux';
import { clearRun } from './clear-run.ts';
import { type Exit, type Run, runOf } from './container.ts';
import { cgroupOf, type ContainersHost, pathsOf, publish, saveStatus } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import { removeByPolicy } from './remove-container.ts';
import { restartDelayMs, restartsAfter } from './restart-policy.ts';
import { startContainer } from './start-container.ts';

/** Code of a run whose end nobody saw. */
const unknownCode = 255;

/** Follows a run to its end in the background. */
export function watchRun(host: ContainersHost, container: ManagedContainer, run: Run): void {
  const ended = host.exits.ended(container.id, () => isAlive(run.monitor));
  void ended
    .then((record) => finishRun(host, container, { run, record }))
    .catch((cause: unknown) => {
      host.report(`container ${container.id}: cannot finish its run`, cause);
    });
}

/**
 * Writes down how a run ended, tells everyone, and clears up. The record is durable before anything is taken away, and the monitor's exit file goes
 * last: after a crash at any point the same end is found and finished again. Then policy or auto-remove follow.
 */
export async function finishRun(
  host: ContainersHost,
  container: ManagedContainer,
  { run, record }: { run: Run; record: ExitRecord | 'lost' },
): Promise<void> {
  let isRestarting: boolean;
  {
    using _held = await container.lock.hold();
    if (runOf(container.state)?.init.startTicks !== run.init.startTicks) return;
    if (record === 'lost') await host.cgroups.kill(cgroupOf(host, container.id), AbortSignal.timeout(5000)).catch(() => undefined);
    const exit = await exitOf(host, container, { run, record });
    isRestarting = !container.isStopping && restartsAfter(container.record.hostConfig.RestartPolicy, exit, container.status.restarts);
    await saveStatus(host, container, { ...container.status, state: { name: isRestarting ? 'restarting' : 'exited', exit } });
    await container.hub.endRun();
    publishEnd(host, container, exit);
    container.tellExit(exit);
    await clearRun(host, container.id);
    if (!isRestarting) await removeByPolicy(host, container);
  }
  if (isRestarting) await restartLater(host, container);
}

async function exitOf(
  host: ContainersHost,
  container: ManagedContainer,
  { run, record }: { run: Run; record: ExitRecord | 'lost' },
): Promise<Exit> {
  const isOutOfMemory = await access(join(pathsOf(host, container.id).bundle, 'oom')).then(
    () => true,
    () => false,
  );
  const common = { startedAtMs: run.startedAtMs, isOutOfMemory };
  if (record === 'lost') return { ...common, code: unknownCode, atMs: Date.now(), error: 'monitor lost' };
  return { ...common, code: record.code, atMs: Math.max(record.atMs, run.startedAtMs), error: '' };
}

function publishEnd(host: ContainersHost, container: ManagedContainer, exit: Exit): void {
  if (exit.isOutOfMemory) publish(host, container, { action: 'oom' });
  const seconds = Math.round((exit.atMs - exit.startedAtMs) / 1000);
  publish(host, container, { action: 'die', more: { exitCode: String(exit.code), execDuration: String(seconds) } });
}

const delays = new WeakMap<ManagedContainer, number>();

/** Waits as long as the policy says and starts again, until it succeeds, is stopped by hand or the policy ends. */
export async function restartLater(host: ContainersHost, container: ManagedContainer): Promise<void> {
  const { state } = container;
  if (state.name !== 'restarting') return;
  const delayMs = restartDelayMs(state.exit, delays.get(container));
  delays.set(container, delayMs);
  const cancelled = new AbortController();
  container.cancelRestart = () => {
    cancelled.abort();
  };
  try {
    await sleep(delayMs, undefined, { signal: cancelled.signal, ref: false });
  } catch {
    return;
  }
  container.cancelRestart = () => undefined;
  if (container.state.name !== 'restarting') return;
  try {
    await startContainer(host, container, { by: 'policy' });
  } catch (cause) {
    host.report(`container ${container.id}: restart failed: ${Failure.from(cause).message}`, cause);
  }
}
