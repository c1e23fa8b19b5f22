import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { AttachSocket, errnoOf, type Monitor, type MonitorRequest, startMonitor } from '@gantry/linux';
import { messages, stringify } from '@gantry/engine-api';
import { beginHealth } from '../health/watch-health.ts';
import { allDone } from '../state/all-done.ts';
import { can, type Exit, exitOf } from './container.ts';
import { cgroupOf, type ContainersHost, keepStatus, pathsOf, publish, runtimeOf, saveStatus } from './containers-host.ts';
import { clearRun } from './clear-run.ts';
import type { ContainerId } from '../ids.ts';
import type { ManagedContainer } from './managed-container.ts';
import { prepareBundle, type PreparedBundle } from './prepare-bundle.ts';
import { removeByPolicy } from './remove-container.ts';
import { startFailure, startRefusal } from './runtime-words.ts';
import { publishMounts, publishUnmounts } from './volume-events.ts';
import { durableStep } from '../state/durable-step.ts';
import { givePipes, userNamespaceOf } from './user-namespace.ts';

export interface StartOptions {
  /** By hand: the count of restarts begins again, and `unless-stopped` forgets that it was stopped. */
  readonly by: 'hand' | 'policy';
  readonly signal?: AbortSignal;
}

/**
 * Starts a created or exited container. Starting a running one, or by hand one that policy is about to start, changes nothing and answers
 * 'already-running' (the API's 304). Cancelling before the first effect starts nothing; after it, the start goes on to its end. A failed start leaves nothing in the kernel and is kept as the
 * container's error, with the exit code that Docker gives it (126, 127, 128).
 */
export async function startContainer(
  host: ContainersHost,
  container: ManagedContainer,
  options: StartOptions,
): Promise<'started' | 'already-running'> {
  using _held = await container.lock.hold(options.signal);
  const { state } = container;
  const isWaiting = state.name === 'restarting' && options.by === 'hand';
  if (state.name === 'running' || isWaiting) return 'already-running';
  // It was stopped while the restart waited for the lock.
  if (options.by === 'policy' && state.name !== 'restarting') return 'already-running';
  if (state.name === 'paused') throw new Failure('conflict', messages.cannotStartPaused);
  if (!can(state, 'start') || (container.isBeingRemoved && options.by === 'hand')) throw new Failure('conflict', messages.markedForRemoval);
  if (options.by === 'hand') container.restartDelayMs = undefined;
  const restarts = options.by === 'hand' ? 0 : container.status.restarts;
  const exit = exitOf(state);
  container.hasLeftovers = true;
  const starting = { name: 'starting', bootId: host.bootId, by: options.by, ...(exit && { exit }) } as const;
  await durableStep('start.intent', () => saveStatus(host, container, { state: starting, restarts, isStoppedByHand: false }));
  container.isStopping = false;
  try {
    await run(host, container);
  } catch (cause) {
    await clearRun(host, container, { hasEnded: false });
    publishUnmounts(host, container);
    await container.hub.endRun();
    await keepFailure(host, container, { cause, before: state });
    await removeByPolicy(host, container);
    throw cause;
  }
  return 'started';
}

async function run(host: ContainersHost, container: ManagedContainer): Promise<void> {
  const { id, record } = container;
  const runtime = runtimeOf(host, id);
  void host.cgroups.expectMoves();
  await durableStep('start.bundle', () => mkdir(pathsOf(host, id).bundle, { recursive: true, mode: 0o700 }));
  await host.exits.forget(id);
  await using users = await userNamespaceOf(host, record);
  const preparing = prepareBundle(host, record, users);
  const [bundle, monitor] = await allDone([preparing, createInRuntime(host, container, preparing)]);
  container.beginRun();
  container.hub.beginRun(() => AttachSocket.connect(join(pathsOf(host, id).bundle, 'attach')));
  await host.cgroups.enterUnified(cgroupOf(host, id), monitor.init.pid);
  await givePipes(host, record, { pid: monitor.init.pid, user: bundle.user });
  const lastEndMs = exitOf(container.state)?.atMs;
  const started = { ...monitor, startedAtMs: Date.now(), ...(lastEndMs !== undefined && { lastEndMs }), sandbox: bundle.sandbox };
  const state = { name: 'running', run: started } as const;
  const status = { ...container.status, state };
  // Before its process begins: from here on a killed engine's successor lets it go on, until here it never ran.
  await durableStep('start.record', () => host.records.write(id, 'state.json', { value: status, how: 'whole' }));
  await durableStep('start.process', () => runtime.start(id));
  container.status = status;
  if (bundle.seccomp && !bundle.isSeccompCached) {
    const compiled = await runtime.compiledFilter(id);
    const { seccomp } = bundle;
    if (compiled) await durableStep('start.filter', () => host.seccomp.keep(seccomp, compiled));
  }
  publish(host, container, { action: 'start' });
  void moveMonitor(host, id, monitor);
  await beginHealth(host, container, state.run.startedAtMs);
  host.watchRun(container, state.run);
}

/** Else the monitor stays in the engine's own group and its memory limit. That it has ended by now (ESRCH) is no failure. */
export async function moveMonitor(host: ContainersHost, id: ContainerId, { monitor }: Pick<Monitor, 'monitor'>): Promise<void> {
  try {
    await host.cgroups.enter(`${host.cgroupParent}/monitor`, monitor.pid);
  } catch (cause) {
    if (errnoOf(cause) !== 'ESRCH') host.report(`container ${id}: its monitor stays in the control group of the engine`, cause);
  }
}

async function createInRuntime(host: ContainersHost, container: ManagedContainer, preparing: Promise<PreparedBundle>): Promise<Monitor> {
  const { id, config, hostConfig, command } = container.record;
  const paths = pathsOf(host, id);
  const specification = preparing.then(({ spec }) => {
    publishMounts(host, container);
    return stringify(spec);
  });
  const request: MonitorRequest = {
    program: host.monitorProgram,
    runtime: runtimeOf(host, id).createCommand,
    id,
    bundle: paths.bundle,
    exitDirectory: host.exits.path,
    logPath: hostConfig.LogConfig.Type === 'none' ? undefined : paths.log,
    terminal: config.Tty,
    stdin: config.OpenStdin,
    leaveStdinOpen: !config.StdinOnce || config.Tty,
  };
  return durableStep('start.monitor', () => startMonitor(request, specification)).catch(async (cause: unknown) => {
    await specification; // else it says why
    const failure = Failure.from(cause);
    throw startFailure(startRefusal(failure.message, command[0] ?? ''), failure);
  });
}

/** The container keeps why: `docker inspect` shows code and error; one that ran before stays exited. */
async function keepFailure(
  host: ContainersHost,
  container: ManagedContainer,
  { cause, before }: { cause: unknown; before: ManagedContainer['state'] },
): Promise<void> {
  const failure = Failure.from(cause);
  const code = typeof failure.details['exitCode'] === 'number' ? failure.details['exitCode'] : 128;
  const ports = exitOf(before)?.ports;
  const exit: Exit = { code, atMs: Date.now(), startedAtMs: 0, isOutOfMemory: false, error: failure.message, ...(ports && { ports }) };
  const state = before.name === 'created' ? ({ name: 'created', failure: exit } as const) : ({ name: 'exited', exit } as const);
  await durableStep('start.failure', () => keepStatus(host, container, { ...container.status, state }));
  container.tellExit(exit);
}
