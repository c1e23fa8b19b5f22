import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { signalProcess } from '@gantry/linux';
import { can, runOf } from './container.ts';
import { cgroupOf, type ContainersHost, publish } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import { lastSignal, signalNumber } from './signals.ts';
import { thawHeld } from './pause-container.ts';
import { markStopped } from './stop-by-hand.ts';
import { endedWithin } from './ended-within.ts';

export const sigkill = 9;
const killedWithinSeconds = 10;

/**
 * What `docker kill` does to the container that a request named so; SIGKILL is answered when the container has ended, any other signal when it is sent. After SIGKILL and its own stop signal (any, where it has none) policy does not start it again; where a restart waits, nothing gets a signal.
 * Fails with `conflict` where it does not run, `invalid` for an unknown signal and `internal` where SIGKILL does not end it within ten seconds.
 */
export async function killByHand(
  host: ContainersHost,
  container: ManagedContainer,
  { name, signal }: { readonly name: string; readonly signal: string },
): Promise<void> {
  const cannot = (code: 'conflict' | 'invalid', why: string): Failure => new Failure(code, messages.cannotKill(name, why));
  const number = signal === '' ? sigkill : wantedSignal(signal, (why) => cannot('invalid', why));
  await container.lock.settled();
  if (!can(container.state, 'kill')) throw cannot('conflict', messages.notRunning(container.id));
  if (isLastSignal(container, number)) await markStopped(host, container);
  else if (container.state.name === 'restarting') return;
  if (!runOf(container.state)) return;
  const ended = container.runEnd;
  await killContainer(host, container, number);
  if (number !== sigkill) return;
  if (!(await endedWithin(ended, killedWithinSeconds))) throw new Failure('internal', messages.notKilled);
  await container.lock.settled();
}

/** Sends a signal to the container's first process; a paused one is thawed so that it can die. Fails with `conflict` where it does not run. */
export async function killContainer(host: ContainersHost, container: ManagedContainer, number: number): Promise<void> {
  const run = runOf(container.state);
  if (!run) throw new Failure('conflict', messages.cannotKill(container.id, messages.notRunning(container.id)));
  const isLast = isLastSignal(container, number);
  if (isLast) container.isStopping = true;
  if (!signalProcess(run.init, number) && number !== sigkill)
    throw new Failure('conflict', messages.cannotKill(container.id, messages.notRunning(container.id)));
  // Without a PID namespace of its own the rest of the container outlives its first process.
  if (number === sigkill && container.record.hostConfig.PidMode !== '') {
    await host.cgroups.kill(cgroupOf(host, container.id), AbortSignal.timeout(10_000));
  }
  publish(host, container, { action: 'kill', more: { signal: String(number) } });
  if (isLast && container.state.name === 'paused') await thawHeld(host, container);
}

function wantedSignal(text: string, failure: (why: string) => Failure): number {
  if (Number(text) > lastSignal) throw failure(messages.unsupportedSignal(Number(text)));
  try {
    return signalNumber(text);
  } catch (cause) {
    throw failure(Failure.from(cause).message);
  }
}

/** Where no stop signal was asked for, any signal counts as one, as with dockerd. */
function isLastSignal({ record }: ManagedContainer, number: number): boolean {
  const { StopSignal } = record.config;
  return StopSignal === undefined || number === sigkill || number === signalNumber(StopSignal);
}

export function stopSignalOf({ record }: ManagedContainer): number {
  return signalNumber(record.config.StopSignal ?? 'SIGTERM');
}
