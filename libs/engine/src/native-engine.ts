import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { version } from '@gantry/base';
import { ApiVersion, type Engine, type Handler, type Handlers, type RouteName, routed } from '@gantry/engine-api';
import { bootId, ExitDirectory, type IdMapping, type Kernel, limitSupport, openKernel } from '@gantry/linux';
import { containerFileHandlers } from './api/container-files.ts';
import { containerHandlers } from './api/containers.ts';
import { eventHandlers } from './api/events.ts';
import { execHandlers } from './api/execs.ts';
import { imageHandlers } from './api/images.ts';
import { networkHandlers } from './api/networks.ts';
import { fileHandlers, nativeFileOwners } from './api/files.ts';
import { volumeHandlers } from './api/volumes.ts';
import { systemHandlers } from './api/system.ts';
import type { EngineConfig } from './config.ts';
import { boundingSet } from './containers/capabilities.ts';
import { runOf } from './containers/container.ts';
import { Containers } from './containers/containers.ts';
import { SeccompCache } from './containers/seccomp-cache.ts';
import type { ContainerId } from './ids.ts';
import { EventLog } from './events/event-log.ts';
import { Execs } from './execs/execs.ts';
import { type Images, openImages } from './images/open-images.ts';
import { diskFailure } from './layers/disk-failure.ts';
import { networkSettingsOf } from './networks/network-settings.ts';
import { type Networks, openNetworks } from './networks/networks.ts';
import { startLogRotation } from './logs/rotation.ts';
import { checkMachine, checkOverlay, type Machine } from './startup/check-machine.ts';
import { EngineGroups } from './startup/engine-groups.ts';
import { type EngineRoots, openRoots } from './startup/instance.ts';
import { Runtimes } from './startup/runtimes.ts';
import { subordinateIds } from './startup/subordinate-ids.ts';
import { systemSource } from './startup/system-source.ts';
import { lockRoot } from './state/engine-lock.ts';
import { RecordDirectory } from './state/record-directory.ts';
import { Volumes } from './volumes/volumes.ts';

export interface NativeEngineSettings {
  /** Absolute; what outlives a boot. The engine keeps to `<data-root>/engine`. */
  readonly dataRoot: string;
  /** Absolute, best on a tmpfs; what does not. */
  readonly runRoot: string;
  readonly config: EngineConfig;
  /** The directory of passwd, group, subuid and subgid for `userns-remap`; /etc where it is left out. */
  readonly accounts?: string;
  /** Hears what went wrong where nobody waits for an answer. */
  readonly report?: (problem: string, cause?: unknown) => void;
}

export interface NativeEngine extends AsyncDisposable {
  readonly handle: Engine;
  /** Six hex digits in the names of all that this engine makes in the kernel. */
  readonly instance: string;
}

interface Nouns {
  readonly roots: EngineRoots;
  readonly machine: Machine;
  readonly ids: IdMapping | undefined;
  readonly kernel: Kernel;
  readonly groups: EngineGroups;
  readonly events: EventLog;
  readonly images: Images;
  readonly volumes: Volumes;
  readonly networks: Networks;
  readonly report: (problem: string, cause?: unknown) => void;
}

/**
 * Opens the native engine on its roots: checks the machine, takes over what a former engine process left running, and answers the Docker Engine
 * API. Disposing leaves containers running. Fails with one clear sentence: `forbidden` without the needed rights, `unavailable` where a program or
 * a kernel feature is missing, `conflict` where another engine has these roots.
 */
export async function openNativeEngine(settings: NativeEngineSettings): Promise<NativeEngine> {
  await using opened = new AsyncDisposableStack();
  const ids = await subordinateIds(settings.config.usernsRemap, settings.accounts);
  const roots = await openRoots({ dataRoot: settings.config.dataRoot ?? settings.dataRoot, runRoot: settings.runRoot, ids });
  for (const root of [roots.data, roots.run]) opened.use(await lockRoot(join(root, 'lock')));
  const machine = await checkMachine({ runtimeRoot: join(roots.run, 'crun') });
  const runtimes = opened.use(await Runtimes.open(machine.runtime, settings.config));
  const nouns = await openNouns(opened, { settings, roots, machine, ids });
  const exits = opened.use(new ExitDirectory(join(roots.run, 'exits')));
  const containers = opened.use(await openContainers(nouns, { settings, exits, runtimes }));
  await keepOnlyKnown(nouns, containers);
  containers.beginRestarts();
  opened.use(startLogRotation(containers));
  nouns.images.usedBy(() =>
    containers.all.map(({ id, record, state }) => ({ container: id, image: record.image.id, isRunning: runOf(state) !== undefined })),
  );
  const execs = await Execs.open(containers, join(roots.run, 'execs'));
  const system = systemSource({ ...nouns, containers, runtimes, config: settings.config });
  const handlers: Handlers = {
    ...systemHandlers(system),
    ...eventHandlers(nouns.events),
    ...containerHandlers(containers),
    ...containerFileHandlers(containers),
    ...execHandlers(execs),
    ...imageHandlers(nouns.images),
    ...volumeHandlers(nouns.volumes),
    ...fileHandlers(nativeFileOwners(containers, nouns.volumes)),
    ...networkHandlers({ networks: nouns.networks, containers }),
  };
  const closing = opened.move();
  return {
    instance: roots.instance,
    handle: routed(tellingOfDisks(handlers), {
      server: `Gantry/${version} (linux)`,
      versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest },
      onInternalError: (failure, request) => nouns.report(`${request.method} ${request.target}: ${failure.message}`, failure),
    }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** What a killed engine had made for containers that do not exist goes. One whose record was put aside keeps what is its own on the disk. */
async function keepOnlyKnown({ volumes, images, networks }: Nouns, containers: Containers): Promise<void> {
  const aside = (await containers.host.records.idsAside()).map((id) => id as ContainerId);
  const known = new Set([...containers.all.map(({ id }) => id), ...aside]);
  await volumes.keepOnly(known);
  await images.keepOnly(known);
  const running = new Set(containers.all.filter(({ state }) => runOf(state)).map(({ id }) => id));
  await networks.dropLeftovers(running);
  await images.unmountUnused(running);
}

/** A full disk, wherever it is met, is told as that. */
function tellingOfDisks(handlers: Handlers): Handlers {
  const entries = Object.entries(handlers) as [RouteName, Handler<RouteName>][];
  const telling = entries.map(([name, handler]): [RouteName, Handler<RouteName>] => [
    name,
    (call) =>
      handler(call).catch((thrown: unknown) => {
        throw diskFailure(thrown);
      }),
  ]);
  return Object.fromEntries(telling);
}

interface Opening {
  readonly settings: NativeEngineSettings;
  readonly roots: EngineRoots;
  readonly machine: Machine;
  readonly ids: IdMapping | undefined;
}

async function openNouns(opened: AsyncDisposableStack, { settings, roots, machine, ids }: Opening): Promise<Nouns> {
  const report = settings.report ?? (() => undefined);
  const kernel = opened.use(await openKernel());
  await checkOverlay(kernel, roots.data, report);
  // Overlays that are mounted later must be seen in the mount namespaces in which the runtime creates.
  for (const root of [roots.data, roots.run]) {
    await kernel.shareMount(root);
    opened.defer(() => unshare(kernel, root));
  }
  const groups = opened.use(await EngineGroups.open({ cgroups: machine.cgroups, kernel, roots, report }));
  const events = new EventLog();
  const images = opened.use(await openImages({ kernel, dataRoot: roots.data, events, report, config: settings.config, ids }));
  const volumes = await Volumes.open({ dataRoot: roots.data, kernel, events, report, ids });
  const networks = opened.use(
    await openNetworks({
      config: networkSettingsOf(settings.config, roots.engineId),
      kernel,
      instance: roots.instance,
      dataRoot: roots.data,
      runRoot: roots.run,
      events,
      report,
    }),
  );
  return { roots, machine, ids, kernel, groups, events, images, volumes, networks, report };
}

/** While containers run, their mounts lie below and the root stays. */
async function unshare(kernel: Kernel, root: string): Promise<void> {
  if ((await kernel.mountsUnder(root)).length === 1) await kernel.unmount(root);
}

async function hasAppArmor(): Promise<boolean> {
  return (await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => '')).trim() === 'Y';
}

async function openContainers(
  nouns: Nouns,
  { settings, exits, runtimes }: { settings: NativeEngineSettings; exits: ExitDirectory; runtimes: Runtimes },
): Promise<Containers> {
  const { roots, machine, ids, kernel, groups, images, networks, volumes, events, report } = nouns;
  const [status, ownLimits] = await Promise.all([readFile('/proc/self/status', 'utf8'), readFile('/proc/self/limits', 'utf8')]);
  return Containers.open({
    records: await RecordDirectory.open(join(roots.data, 'containers'), 'config.json'),
    kernel,
    images,
    sandboxes: networks,
    volumes,
    runtimes,
    cdiSpecDirectories: settings.config.cdiSpecDirectories,
    monitorProgram: machine.monitor.program,
    exits,
    cgroups: machine.cgroups,
    events,
    seccomp: await SeccompCache.open(join(roots.data, 'seccomp'), machine.runtime.version),
    machine: { bounding: boundingSet(status), ownLimits, architecture: process.arch, hasAppArmor: await hasAppArmor() },
    defaults: {
      logDriver: settings.config.logDriver,
      logOptions: settings.config.logOptions,
      cgroupNamespace: machine.cgroups.layout.kind === 'v2' ? 'private' : 'host',
      runtime: runtimes.defaultName,
    },
    limits: limitSupport(machine.cgroups.layout, `${groups.path}/monitor`),
    cgroupParent: groups.path,
    ids,
    bundles: join(roots.run, 'b'),
    bootId: bootId(),
    initProgram: machine.initProgram,
    report,
  });
}
