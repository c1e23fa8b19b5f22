import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { type ContainerRecord, runOf } from './container.ts';
import type { HostConfig } from './container-config.ts';
import { type ContainersHost, idsOf, pathsOf } from './containers-host.ts';
import type { ContainerFiles } from './runtime-mounts.ts';
import type { ManagedContainer } from './managed-container.ts';

/** The container whose namespace of a kind is shared: the `x` of `container:x`. */
export function sharedWith(mode: string): string | undefined {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : undefined;
}

/**
 * `container:name` becomes `container:id`, since a name may change until the start. An unknown one is refused now (`invalid`) but for the network,
 * where dockerd waits for the start.
 */
export function withSharedIds(host: Pick<ContainersHost, 'find'>, config: HostConfig): HostConfig {
  const byId = (mode: string): string => {
    const reference = sharedWith(mode);
    return reference === undefined || reference === '' ? mode : `container:${host.find(reference).id}`;
  };
  const network = (): string => {
    try {
      return byId(config.NetworkMode);
    } catch {
      return config.NetworkMode;
    }
  };
  return { ...config, PidMode: byId(config.PidMode), IpcMode: byId(config.IpcMode), NetworkMode: network() };
}

/** The container whose network this one uses, running or not; undefined: it has its own, or the other is gone. */
export function networkDonor(host: Pick<ContainersHost, 'find'>, { hostConfig }: ContainerRecord): ManagedContainer | undefined {
  const reference = sharedWith(hostConfig.NetworkMode);
  if (reference === undefined) return undefined;
  try {
    return host.find(reference);
  } catch {
    return undefined;
  }
}

/** The files that tell of the network, on the host: a shared network brings the other container's. */
export function filesOf(host: Pick<ContainersHost, 'find' | 'records' | 'bundles'>, record: ContainerRecord): ContainerFiles {
  const { hosts, hostname, resolvConf } = pathsOf(host, networkDonor(host, record)?.id ?? record.id);
  return record.config.NetworkDisabled === true ? { hostname, hosts: undefined, resolvConf: undefined } : { hostname, hosts, resolvConf };
}

/** A namespace to join, by the first process of the container that has it. */
export interface JoinedNamespace {
  readonly type: string;
  readonly path: string;
}

/** The namespaces of other containers that this one joins. Fails in dockerd's words where one does not run. */
export function joinedNamespaces(host: Pick<ContainersHost, 'find'>, record: ContainerRecord): JoinedNamespace[] {
  const { NetworkMode, PidMode, IpcMode } = record.hostConfig;
  const [network, pid, ipc] = [NetworkMode, PidMode, IpcMode].map(sharedWith);
  return [
    ...(network === undefined ? [] : [{ type: 'network', path: ofNetwork(host, record, network) }]),
    ...(pid === undefined ? [] : [{ type: 'pid', path: `/proc/${processOf(host.find(pid))}/ns/pid` }]),
    ...(ipc === undefined ? [] : [{ type: 'ipc', path: `/proc/${processOf(ipcDonor(host, ipc))}/ns/ipc` }]),
  ];
}

/**
 * The user namespace of the container whose other namespaces are shared: nobody else may enter those. undefined: it shares none. Fails with `conflict` where that
 * one is in the host's.
 */
export function joinedUserNamespace(host: Pick<ContainersHost, 'find' | 'ids'>, { hostConfig }: ContainerRecord): string | undefined {
  const { NetworkMode, PidMode, IpcMode } = hostConfig;
  const reference = [IpcMode, PidMode, NetworkMode].map(sharedWith).find((shared) => shared !== undefined);
  if (reference === undefined) return undefined;
  const other = host.find(reference);
  if (idsOf(host, other.record) === undefined)
    throw new Failure('conflict', `cannot share namespaces of container ${other.id}: it is in the host's user namespace`);
  return `/proc/${processOf(other)}/ns/user`;
}

function ofNetwork(host: Pick<ContainersHost, 'find'>, record: ContainerRecord, reference: string): string {
  const other = host.find(reference);
  if (other.id === record.id) throw new Failure('invalid', 'cannot join own network');
  const run = runOf(other.state);
  if (!run) throw new Failure('conflict', messages.cannotJoinNetwork(other.id));
  return `/proc/${run.init.pid}/ns/net`;
}

/** Who shares its System V objects and /dev/shm: it must run and be `shareable`. */
export function ipcDonor(host: Pick<ContainersHost, 'find'>, reference: string): ManagedContainer {
  if (reference === '') throw new Failure('invalid', messages.cannotJoinIpc('', messages.emptyReference));
  const other = host.find(reference);
  if (!runOf(other.state)) throw new Failure('conflict', messages.cannotJoinIpc(other.id, messages.notRunning(other.id)));
  if (!['shareable', ''].includes(other.record.hostConfig.IpcMode)) {
    const why = 'non-shareable IPC (hint: use IpcMode:shareable for the donor container)';
    throw new Failure('conflict', messages.cannotJoinIpc(other.id, why));
  }
  return other;
}

function processOf({ id, state }: ManagedContainer): number {
  const run = runOf(state);
  if (!run) throw new Failure('conflict', messages.notRunning(id));
  return run.init.pid;
}

/** The host name inside: that of the container whose network is shared. */
export function hostnameOf(
  host: Pick<ContainersHost, 'find'>,
  record: ContainerRecord,
): Pick<ContainerRecord['config'], 'Hostname' | 'Domainname'> {
  return networkDonor(host, record)?.record.config ?? record.config;
}
