import { readdir } from 'node:fs/promises';
import { AttachSocket, endProcessesOf, isAlive, reopenLog } from '@gantry/linux';
import { join } from 'node:path';
import { makeRoom } from '../logs/rotate-log.ts';
import { readHealth, resumeHealth } from '../health/watch-health.ts';
import { endConnection } from '../networks/end-connection.ts';
import { clearRun } from './clear-run.ts';
import { containerRecord, containerStatus } from './container-files.ts';
import type { ContainerNames } from './container-names.ts';
import { type ContainerStatus, type Exit, exitOf, neverStarted, type Run, runOf } from './container.ts';
import { cgroupOf, type ContainersHost, keepStatus, pathsOf, runtimeOf } from './containers-host.ts';
import { finishRun } from './finish-run.ts';
import { ManagedContainer } from './managed-container.ts';
import { thaw } from './pause-container.ts';
import { parseRemovalPlace, removeByPolicy, removeHeld } from './remove-container.ts';
import { moveMonitor } from './start-container.ts';
import { startsWithEngine } from './restart-policy.ts';
import { endUpdate } from './update-container.ts';
import { memoryKillsOf } from './watch-memory.ts';
import { sandboxRequest } from './sandbox-request.ts';
import { durableStep } from '../state/durable-step.ts';
import { isThere } from '../state/is-there.ts';

const endWithinMs = 5000;

/**
 * Brings the records in line with what runs, after a restart of the engine or of the machine. Twice is once. A record that cannot be read is put
 * aside; a run that goes on is adopted; one that ended is finished with its true code where the monitor wrote it; one whose monitor is gone,
 * or that an older boot had, is over with code 255; what was half started or half removed is undone or removed to the end.
 */
export async function recoverContainers(host: ContainersHost, names: ContainerNames): Promise<void> {
  for (const id of await host.records.ids()) {
    const container = await readContainer(host, id);
    if (container) names.add(container);
  }
  for (const container of await beingRemoved(host)) names.add(container);
  for (const container of names.all) await adoptVolumes(host, container);
  await Promise.all(
    names.all.map((container) =>
      recover(host, container).catch((cause: unknown) => {
        host.report(`container ${container.id}: cannot be recovered`, cause);
      }),
    ),
  );
}

/** Before anything is started or ended: what a container has stays, and what a run still uses stays mounted. */
async function adoptVolumes(host: ContainersHost, { id, record, state }: ManagedContainer): Promise<void> {
  const names = record.mounts.filter(({ type }) => type === 'volume').map(({ name }) => name);
  for (const name of names) if (state.name !== 'removing') await host.volumes.claim(name, id);
  if (!runOf(state) && state.name !== 'starting') return;
  for (const name of names) host.volumes.adopt(name, id);
}

async function readContainer(host: ContainersHost, id: string): Promise<ManagedContainer | undefined> {
  try {
    const record = await host.records.read(id, 'config.json', containerRecord);
    const status = await readStatus(host, id);
    const container = new ManagedContainer(record, status);
    await readHealth(host, container);
    return container;
  } catch (cause) {
    const aside = await host.records.quarantine(id);
    host.report(`container ${id}: its record is bad and was moved to ${aside}`, cause);
    return undefined;
  }
}

/**
 * No file: it was never started. One that cannot be read was written last when it began to run, by an engine that counted on the kernel's knowing; a
 * power cut took both.
 */
async function readStatus(host: ContainersHost, id: string): Promise<ContainerStatus> {
  if (!(await isThere(host.records.path(id, 'state.json')))) return neverStarted;
  try {
    return await host.records.read(id, 'state.json', containerStatus);
  } catch (cause) {
    host.report(`container ${id}: its state cannot be read, it counts as ended`, cause);
    const exit = { ...cutExit('its state was lost'), startedAtMs: Date.now() };
    return { state: { name: 'exited', exit }, restarts: 0, isStoppedByHand: false };
  }
}

/** Containers whose removal a killed engine had begun; where even the record is gone, the rest of its directory goes. */
async function beingRemoved(host: ContainersHost): Promise<ManagedContainer[]> {
  const containers: ManagedContainer[] = [];
  for (const name of await readdir(host.records.root)) {
    if (parseRemovalPlace(name) === undefined) continue;
    try {
      const record = await host.records.read(name, 'config.json', containerRecord);
      const container = new ManagedContainer(record, { ...neverStarted, state: { name: 'removing' } });
      container.place = name;
      containers.push(container);
    } catch {
      await host.records.remove(name);
    }
  }
  return containers;
}

async function recover(host: ContainersHost, container: ManagedContainer): Promise<void> {
  const { state } = container;
  const run = runOf(state);
  if (run) return recoverRun(host, container, run);
  if (state.name === 'removing') {
    host.report(`container ${container.id}: its removal goes on`);
    await removeHeld(host, container, { volumes: parseRemovalPlace(container.place)?.volumes ?? false });
  } else if (state.name === 'starting') {
    await recoverStarting(host, container);
  } else if (state.name === 'restarting') {
    await clearLeftovers(host, container);
    host.restartLater(container);
  } else if (state.name === 'exited') {
    await clearLeftovers(host, container);
    await removeByPolicy(host, container);
    await followPolicy(host, container, state.exit);
  } else if (state.name === 'created' && state.failure) {
    await removeByPolicy(host, container);
  }
}

async function recoverRun(host: ContainersHost, container: ManagedContainer, run: Run): Promise<void> {
  container.beginRun();
  container.hasVolumesMounted = true;
  await endConnection(host, container, run).catch((cause: unknown) => {
    host.report(`container ${container.id}: a change of its networks cannot be written down, the next start tries it again`, cause);
    if (run.connections) container.record = { ...container.record, ...run.connections };
  });
  const isOurBoot = run.init.bootId === host.bootId;
  const record = isOurBoot ? await host.exits.read(container.id) : undefined;
  if (record || !isOurBoot || !isAlive(run.monitor)) {
    const late = record ?? (isOurBoot ? await host.exits.read(container.id) : undefined);
    // It ended in a stop that an engine before this one had begun.
    container.isStopping = container.status.isStoppedByHand;
    await finishRun(host, container, { run, record: late ?? 'lost' });
    if (container.state.name === 'exited') await followPolicy(host, container, container.state.exit);
    return;
  }
  await adopt(host, container, run);
}

/** The run goes on: its streams, log and network are taken up again. */
async function adopt(host: ContainersHost, container: ManagedContainer, run: Run): Promise<void> {
  const { bundle, log } = pathsOf(host, container.id);
  container.hub.beginRun(() => AttachSocket.connect(join(bundle, 'attach')));
  // The engine may have died between renaming the log and saying so. Only then: conmon puts an empty file in place of one that is there.
  if (!(await isThere(log)) && (await makeRoom(log))) await reopenLog(bundle);
  try {
    await alignKernel(host, container);
    await host.sandboxes.adopt(sandboxRequest(host, container.record), run.sandbox);
    // A former engine has told them.
    container.toldMemoryKills = await memoryKillsOf(host, container);
    if (container.state.name === 'running') await resumeHealth(host, container, run.startedAtMs);
  } finally {
    // Whatever failed: its end is seen.
    host.watchRun(container, run);
  }
}

/** What an engine had only half done in the kernel when it was killed is as the record says: frozen or not, limits, and whether the process has begun. */
async function alignKernel(host: ContainersHost, container: ManagedContainer): Promise<void> {
  const { record, state } = container;
  const runtime = runtimeOf(host, container.id);
  await endUpdate(host, container);
  if (state.name === 'paused' && state.isForCommit) {
    host.report(`container ${record.id}: it was frozen for a commit, and goes on`);
    await thaw(host, container);
  } else await host.cgroups.freeze(cgroupOf(host, container.id), state.name === 'paused', AbortSignal.timeout(10_000));
  if (state.name === 'running') await runtime.startIfWaiting(record.id);
  const run = runOf(state);
  if (run && !(await host.cgroups.processesOf(`${host.cgroupParent}/monitor`)).includes(run.monitor.pid))
    await moveMonitor(host, record.id, run);
}

/** Half started: whatever exists is taken away, and it is what it was before. Under a policy that would have kept it running it is started again. */
async function recoverStarting(host: ContainersHost, container: ManagedContainer): Promise<void> {
  host.report(`container ${container.id}: the engine ended while it was started, what there is of it is taken away`);
  await endProcessesOf(pathsOf(host, container.id).bundle, AbortSignal.timeout(endWithinMs));
  await clearRun(host, container, { hasEnded: false });
  const exit = cutExit('the engine ended while the container was started');
  const { isStoppedByHand, restarts, state } = container.status;
  if (startsWithEngine(container.record.hostConfig.RestartPolicy, { exit, isStoppedByHand, restarts }))
    return restartByPolicy(host, container, exit);
  const before = exitOf(state);
  const hasRun = before !== undefined && before.startedAtMs > 0;
  const old = hasRun ? ({ name: 'exited', exit: before } as const) : ({ name: 'created', ...(before && { failure: before }) } as const);
  await durableStep('recover.record', () => keepStatus(host, container, { ...container.status, state: old }));
  await removeByPolicy(host, container);
}

/** How a run ended that nobody saw the end of. */
const cutExit = (error: string): Exit => ({ code: 255, atMs: Date.now(), startedAtMs: 0, isOutOfMemory: false, error });

/** An engine that died after it wrote the end down, before it had cleared up. */
async function clearLeftovers(host: ContainersHost, container: ManagedContainer): Promise<void> {
  if ((await isThere(pathsOf(host, container.id).bundle)) || (await host.exits.read(container.id)))
    await clearRun(host, container, { hasEnded: false });
}

async function followPolicy(host: ContainersHost, container: ManagedContainer, exit: Exit): Promise<void> {
  const { hostConfig } = container.record;
  const { isStoppedByHand, restarts } = container.status;
  const last = { exit, isStoppedByHand, restarts };
  if (container.state.name !== 'exited' || !startsWithEngine(hostConfig.RestartPolicy, last)) return;
  await restartByPolicy(host, container, exit);
}

async function restartByPolicy(host: ContainersHost, container: ManagedContainer, exit: Exit): Promise<void> {
  const status = { ...container.status, restarts: container.status.restarts + 1, state: { name: 'restarting', exit } as const };
  await durableStep('restart.record', () => keepStatus(host, container, status));
  host.restartLater(container);
}
