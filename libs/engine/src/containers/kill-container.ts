import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { signalProcess } from '@gantry/linux';
import { runOf } from './container.ts';
import { cgroupOf, type ContainersHost, publish } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import { signalNumber } from './signals.ts';
import { thawHeld } from './pause-container.ts';

const sigkill = 9;

/** Sends a signal to the container's first process; a paused one is thawed so that it can die. Fails with `conflict` where it does not run. */
export async function killContainer(host: ContainersHost, container: ManagedContainer, signal: string): Promise<void> {
  const number = signalNumber(signal === '' ? 'SIGKILL' : signal);
  const run = runOf(container.state);
  if (!run) throw new Failure('conflict', messages.cannotKillStopped(container.id));
  const isLast = number === sigkill || number === stopSignalOf(container);
  if (isLast) {
    container.isStopping = true;
    container.cancelRestart();
  }
  if (!signalProcess(run.init, number) && number !== sigkill) throw new Failure('conflict', messages.cannotKillStopped(container.id));
  // Without a PID namespace of its own the rest of the container outlives its first process.
  if (number === sigkill && container.record.hostConfig.PidMode !== '') {
    await host.cgroups.kill(cgroupOf(host, container.id), AbortSignal.timeout(10_000));
  }
  publish(host, container, { action: 'kill', more: { signal: String(number) } });
  if (isLast && container.state.name === 'paused') await thawHeld(host, container);
}

export function stopSignalOf({ record }: ManagedContainer): number {
  return signalNumber(record.config.StopSignal ?? 'SIGTERM');
}
