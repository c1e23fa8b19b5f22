import { posix } from 'node:path';
import { Failure } from '@gantry/base';
import type { Cgroups, ExitDirectory, IdMapping, Kernel, LimitSupport, Runtime } from '@gantry/linux';
import type { EventSink } from '../events/engine-event.ts';
import type { ContainerId } from '../ids.ts';
import type { ImagesForContainers } from '../images/images.ts';
import type { SandboxesForContainers } from '../networks/sandboxes.ts';
import type { Runtimes } from '../startup/runtimes.ts';
import type { RecordDirectory } from '../state/record-directory.ts';
import { isDiskFull } from '../layers/disk-failure.ts';
import { type ContainerRecord, type Run, runOf } from './container.ts';
import type { HostConfigDefaults } from './host-config.ts';
import type { ManagedContainer } from './managed-container.ts';
import type { MachineFacts } from './runtime-spec.ts';
import type { SeccompCache } from './seccomp-cache.ts';
import type { VolumesForContainers } from './volumes-for-containers.ts';

/** What the verbs of containers work with. */
export interface ContainersHost {
  readonly records: RecordDirectory;
  readonly kernel: Pick<Kernel, 'mount' | 'unmount'>;
  readonly images: ImagesForContainers;
  readonly sandboxes: SandboxesForContainers;
  readonly volumes: VolumesForContainers;
  readonly runtimes: Runtimes;
  readonly cdiSpecDirectories: readonly string[];
  /** Absolute path of conmon. */
  readonly monitorProgram: string;
  readonly exits: ExitDirectory;
  readonly cgroups: Cgroups;
  readonly events: EventSink;
  readonly seccomp: SeccompCache;
  readonly machine: MachineFacts;
  readonly defaults: HostConfigDefaults;
  readonly limits: LimitSupport;
  /** `/gantry/INSTANCE`, perhaps below a unit's group. */
  readonly cgroupParent: string;
  /** The ids of containers that do not ask for the host's; undefined: all have the host's. */
  readonly ids: IdMapping | undefined;
  /** Directory of the bundles, `<run-root>/engine/b`. */
  readonly bundles: string;
  readonly bootId: string;
  /** An init program for `--init`; undefined: there is none on this host. */
  readonly initProgram: string | undefined;
  /** All containers; verbs that need another one (`container:x`, volumes-from) look here. */
  readonly find: (reference: string) => ManagedContainer;
  /** Follows a run that has begun to its end. */
  readonly watchRun: (container: ManagedContainer, run: Run) => void;
  /** Starts a container that policy restarts when its time has come, in the background. */
  readonly restartLater: (container: ManagedContainer) => void;
  /** Hears what went wrong where nobody waits for an answer. */
  readonly report: (problem: string, cause?: unknown) => void;
}

/** Where a container's files are. */
export const pathsOf = (host: Pick<ContainersHost, 'records' | 'bundles'>, id: ContainerId) =>
  ({
    directory: host.records.path(id),
    log: host.records.path(id, 'ctr.log'),
    hosts: host.records.path(id, 'hosts'),
    hostname: host.records.path(id, 'hostname'),
    resolvConf: host.records.path(id, 'resolv.conf'),
    bundle: `${host.bundles}/${id}`,
    /** Where parts of volumes are mounted; beside the bundle, which is removed with all that is in it. */
    subpaths: `${host.bundles}/${id}.parts`,
    /** Where a shareable container's /dev/shm is mounted, for others to join. */
    shm: `${host.bundles}/${id}/shm`,
  }) as const;

/** The ids that a container has inside; undefined: the host's. Its image's files belong to the engine's mapping all the same, as with dockerd. */
export const idsOf = ({ ids }: Pick<ContainersHost, 'ids'>, { hostConfig }: Pick<ContainerRecord, 'hostConfig'>): IdMapping | undefined =>
  hostConfig.UsernsMode === 'host' ? undefined : ids;

/** The OCI runtime that a container asks for. */
export const runtimeOf = (host: ContainersHost, id: ContainerId): Runtime => host.runtimes.named(host.find(id).record.hostConfig.Runtime);

/** The control group of a container: below the engine's own, or below the one that its request names (`CgroupParent`), from the root. */
export function cgroupOf(host: ContainersHost, id: ContainerId): string {
  const { CgroupParent } = host.find(id).record.hostConfig;
  return `${CgroupParent ? posix.join('/', CgroupParent) : host.cgroupParent}/${id}`;
}

/** Tells an event of a container, with the attributes that Docker gives each: image, name and labels. Of one that is gone nothing is told: what was under way while it was removed has nobody left to interest. */
export function publish(
  host: Pick<ContainersHost, 'events'>,
  container: ManagedContainer,
  { action, more = {} }: { action: string; more?: Record<string, string> },
): void {
  if (container.isGone) return;
  const { config, name, id } = container.record;
  host.events.publish({ type: 'container', action, actorId: id, attributes: { ...config.Labels, image: config.Image, name, ...more } });
}

/** Writes the status so that a power cut cannot make it unknown. */
export async function saveStatus(host: ContainersHost, container: ManagedContainer, status: ManagedContainer['status']): Promise<void> {
  await host.records.write(container.id, 'state.json', { value: status, how: 'durably' });
  container.status = status;
  container.isUnsaved = false;
}

const saveAgainMs = 2000;

/** The same for what has happened and cannot be refused: on a full disk it counts all the same, and is written when there is space again. */
export async function keepStatus(host: ContainersHost, container: ManagedContainer, status: ManagedContainer['status']): Promise<void> {
  try {
    await saveStatus(host, container, status);
  } catch (cause) {
    if (!isDiskFull(cause)) throw cause;
    host.report(`container ${container.id}: its state is not on the disk yet: ${Failure.from(cause).message}`);
    container.status = status;
    if (!container.isUnsaved) saveLater(host, container);
    container.isUnsaved = true;
  }
}

/** A newer status that was written makes it needless, as the removal does. The exit record has been kept for the next engine until now. */
function saveLater(host: ContainersHost, container: ManagedContainer): void {
  const again = async (): Promise<void> => {
    using _held = await container.lock.hold();
    if (!container.isUnsaved || container.place !== container.id) return;
    try {
      await saveStatus(host, container, container.status);
      if (!runOf(container.state)) await host.exits.forget(container.id);
    } catch {
      saveLater(host, container);
    }
  };
  setTimeout(() => void again(), saveAgainMs).unref();
}
