import { access } from 'node:fs/promises';
import { isAlive } from '@gantry/linux';
import { AttachSocket, reopenLog } from '@gantry/linux';
import { join } from 'node:path';
import { readHealth, resumeHealth } from '../health/watch-health.ts';
import { clearRun } from './clear-run.ts';
import { containerRecord, containerStatus } from './container-files.ts';
import type { ContainerNames } from './container-names.ts';
import { type Exit, firstStatus, type Run, runOf } from './container.ts';
import { type ContainersHost, pathsOf, publish, saveStatus } from './containers-host.ts';
import { finishRun } from './finish-run.ts';
import { ManagedContainer } from './managed-container.ts';
import { removeByPolicy, removeHeld } from './remove-container.ts';
import { restartLater } from './restart-later.ts';
import { startsWithEngine } from './restart-policy.ts';
import { wasOutOfMemory } from './watch-memory.ts';
import { sandboxRequest } from './sandbox-request.ts';

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
  for (const container of names.all) adoptVolumes(host, container);
  await Promise.all(
    names.all.map((container) =>
      recover(host, container).catch((cause: unknown) => {
        host.report(`container ${container.id}: cannot be recovered`, cause);
      }),
    ),
  );
}

/** Before anything is started or ended: what a run still uses stays mounted. */
function adoptVolumes(host: ContainersHost, { id, record, state }: ManagedContainer): void {
  if (!runOf(state) && state.name !== 'starting') return;
  for (const mount of record.mounts) if (mount.type === 'volume') host.volumes.adopt(mount.name, id);
}

async function readContainer(host: ContainersHost, id: string): Promise<ManagedContainer | undefined> {
  try {
    const record = await host.records.read(id, 'config.json', containerRecord);
    const hasStatus = await host.records.has(id, 'state.json');
    const status = hasStatus ? await host.records.read(id, 'state.json', containerStatus) : firstStatus;
    const container = new ManagedContainer(record, status);
    await readHealth(host, container);
    return container;
  } catch (cause) {
    const aside = await host.records.quarantine(id);
    host.report(`container ${id}: its record is bad and was moved to ${aside}`, cause);
    return undefined;
  }
}

async function recover(host: ContainersHost, container: ManagedContainer): Promise<void> {
  const { state } = container;
  const run = runOf(state);
  if (run) return recoverRun(host, container, run);
  if (state.name === 'removing') {
    await removeHeld(host, container, { volumes: false });
  } else if (state.name === 'starting') {
    await recoverStarting(host, container);
  } else if (state.name === 'restarting') {
    restartInBackground(host, container);
  } else if (state.name === 'exited') {
    await clearLeftovers(host, container);
    await followPolicy(host, container, state.exit);
  }
}

async function recoverRun(host: ContainersHost, container: ManagedContainer, run: Run): Promise<void> {
  container.beginRun();
  container.hasVolumesMounted = true;
  const isOurBoot = run.init.bootId === host.bootId;
  const record = isOurBoot ? await host.exits.read(container.id) : undefined;
  if (record || !isOurBoot || !isAlive(run.monitor)) {
    const late = record ?? (isOurBoot ? await host.exits.read(container.id) : undefined);
    return finishRun(host, container, { run, record: late ?? 'lost' });
  }
  await adopt(host, container, run);
}

/** The run goes on: its streams, log and network are taken up again. */
async function adopt(host: ContainersHost, container: ManagedContainer, run: Run): Promise<void> {
  const { bundle, log } = pathsOf(host, container.id);
  container.hub.beginRun(() => AttachSocket.connect(join(bundle, 'attach')));
  // The engine may have died between renaming the log and saying so. Only then: conmon puts an empty file in place of one that is there.
  if (!(await isThere(log))) await reopenLog(bundle);
  await host.sandboxes.adopt(sandboxRequest(host, container.record), run.sandbox);
  // A former engine has told it.
  container.isOutOfMemoryTold = await wasOutOfMemory(host, container);
  if (container.state.name === 'running') await resumeHealth(host, container, run.startedAtMs);
  host.watchRun(container, run);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Half started: whatever exists is taken away. Under a policy that would have kept it running it is started again. */
async function recoverStarting(host: ContainersHost, container: ManagedContainer): Promise<void> {
  await clearRun(host, container, { hasEnded: false });
  const exit: Exit = {
    code: 255,
    atMs: Date.now(),
    startedAtMs: 0,
    isOutOfMemory: false,
    error: 'the engine ended while the container was started',
  };
  await saveStatus(host, container, { ...container.status, state: { name: 'exited', exit } });
  publish(host, container, { action: 'die', more: { exitCode: '255' } });
  await followPolicy(host, container, exit);
}

/** An engine that died after it wrote the end down, before it had cleared up. */
async function clearLeftovers(host: ContainersHost, container: ManagedContainer): Promise<void> {
  if (await host.exits.read(container.id)) await clearRun(host, container, { hasEnded: true });
  await removeByPolicy(host, container);
}

async function followPolicy(host: ContainersHost, container: ManagedContainer, exit: Exit): Promise<void> {
  const { hostConfig } = container.record;
  const { isStoppedByHand, restarts } = container.status;
  const last = { exit, isStoppedByHand, restarts };
  if (container.state.name !== 'exited' || !startsWithEngine(hostConfig.RestartPolicy, last)) return;
  await saveStatus(host, container, { ...container.status, restarts: restarts + 1, state: { name: 'restarting', exit } });
  restartInBackground(host, container);
}

function restartInBackground(host: ContainersHost, container: ManagedContainer): void {
  void restartLater(host, container);
}
