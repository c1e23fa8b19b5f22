import { type ExitRecord, isAlive } from '@gantry/linux';
import { endHealth } from '../health/watch-health.ts';
import { clearRun } from './clear-run.ts';
import { type Exit, type Run, runOf } from './container.ts';
import { cgroupOf, type ContainersHost, keepStatus, publish } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import { removeByPolicy } from './remove-container.ts';
import { restartsAfter } from './restart-policy.ts';
import { publishUnmounts } from './volume-events.ts';
import { memoryKillsOf, tellMemoryKills, watchMemory } from './watch-memory.ts';
import { durableStep } from '../state/durable-step.ts';

/** Code of a run whose end nobody saw. */
const unknownCode = 255;

/** Follows a run to its end in the background. */
export function watchRun(host: ContainersHost, container: ManagedContainer, run: Run): void {
  const ended = host.exits.ended(container.id, () => isAlive(run.monitor));
  const watching = watchMemory(host, container);
  void ended
    .finally(() => watching[Symbol.dispose]())
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
    await endHealth(host, container);
    if (record === 'lost') await host.cgroups.kill(cgroupOf(host, container.id), AbortSignal.timeout(5000)).catch(() => undefined);
    const kills = await memoryKillsOf(host, container);
    const exit = exitOf(run, record, kills > 0);
    isRestarting = !container.isStopping && restartsAfter(container.record.hostConfig.RestartPolicy, exit, container.status.restarts);
    const restarts = container.status.restarts + (isRestarting ? 1 : 0);
    const state = { name: isRestarting ? 'restarting' : 'exited', exit } as const;
    await durableStep('end.record', () => keepStatus(host, container, { ...container.status, restarts, state }));
    await container.hub.endRun();
    tellMemoryKills(host, container, kills);
    publishEnd(host, container, exit);
    container.tellExit(exit);
    await clearRun(host, container, { hasEnded: record !== 'lost' });
    publishUnmounts(host, container);
    if (!isRestarting && !container.isRestartedByHand) await removeByPolicy(host, container);
  }
  if (isRestarting) host.restartLater(container);
}

function exitOf(run: Run, record: ExitRecord | 'lost', isOutOfMemory: boolean): Exit {
  const common = { startedAtMs: run.startedAtMs, isOutOfMemory, ports: run.sandbox.ports };
  if (record === 'lost') return { ...common, code: unknownCode, atMs: Date.now(), error: 'monitor lost' };
  return { ...common, code: record.code, atMs: Math.max(record.atMs, run.startedAtMs), error: '' };
}

function publishEnd(host: ContainersHost, container: ManagedContainer, exit: Exit): void {
  const seconds = Math.round((exit.atMs - exit.startedAtMs) / 1000);
  publish(host, container, { action: 'die', more: { exitCode: String(exit.code), execDuration: String(seconds) } });
}
