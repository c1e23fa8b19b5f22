import { posix } from 'node:path';
import { healthView } from '../health/health-state.ts';
import { type ContainerRecord, type ContainerState, exitOf, runOf, statusWord } from './container.ts';
import { type ContainersHost, pathsOf } from './containers-host.ts';
import { goTime } from './go-time.ts';
import { shownLinks } from './links.ts';
import type { ManagedContainer } from './managed-container.ts';
import type { MountPoint } from './mount-points.ts';
import { securityOptions } from './security-options.ts';
import { filesOf } from './shared-namespaces.ts';
import { networkSettings } from './network-settings.ts';

/** A container in dockerd's full form (API 1.51). */
export async function inspectContainer(
  host: ContainersHost,
  container: ManagedContainer,
  { withSize }: { withSize: boolean },
): Promise<object> {
  const { record, status } = container;
  const paths = pathsOf(host, record.id);
  const [path = '', ...args] = record.command;
  // Docker's `local` driver tells no path: its form is its own.
  const hasLog = record.hostConfig.LogConfig.Type === 'json-file';
  return {
    Id: record.id,
    Created: goTime(record.createdAtMs),
    Path: path,
    Args: args,
    State: {
      ...stateView(status.state),
      ...(container.toldMemoryKills > 0 && runOf(status.state) && { OOMKilled: true }),
      ...(container.health && { Health: healthView(container.health) }),
    },
    Image: record.image.id,
    ...filePaths(host, record, status.state),
    LogPath: hasLog ? paths.log : '',
    Name: `/${record.name}`,
    RestartCount: status.restarts,
    Driver: 'overlay2',
    Platform: record.image.platform.split('/')[0],
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: securityOptions(record.hostConfig.SecurityOpt ?? []).apparmor,
    ExecIDs: container.execIds.size > 0 ? [...container.execIds] : null,
    HostConfig: { ...record.hostConfig, Links: shownLinks(host, record) },
    GraphDriver: { Name: 'overlay2', Data: graphView(host, record) },
    ...(withSize && (await sizes(host, record))),
    Mounts: mountViews(record),
    Config: record.config,
    NetworkSettings: networkSettings(host.sandboxes, record, status.state),
  };
}

export async function sizes(host: ContainersHost, { id }: ContainerRecord): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const { writableBytes, rootfsBytes } = await host.images.sizeOf(id);
  return { SizeRw: writableBytes, SizeRootFs: rootfsBytes };
}

function stateView(state: ContainerState): object {
  const status = statusWord(state);
  const run = runOf(state);
  const exit = exitOf(state);
  return {
    Status: status,
    Running: run !== undefined || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: exit?.isOutOfMemory ?? false,
    Dead: status === 'dead',
    Pid: run?.init.pid ?? 0,
    ExitCode: exit?.code ?? 0,
    Error: state.name === 'dead' ? state.error : (exit?.error ?? ''),
    StartedAt: goTime(run?.startedAtMs ?? exit?.startedAtMs),
    FinishedAt: goTime(run?.lastEndMs ?? (exit && exit.startedAtMs > 0 ? exit.atMs : undefined)),
  };
}

/** They are written at the first start. */
function filePaths(host: ContainersHost, record: ContainerRecord, state: ContainerState): object {
  if (state.name === 'created') return { ResolvConfPath: '', HostnamePath: '', HostsPath: '' };
  const { resolvConf = '', hostname, hosts = '' } = filesOf(host, record);
  return { ResolvConfPath: resolvConf, HostnamePath: hostname, HostsPath: hosts };
}

/** Where the layers of its rootfs are, in the words of Docker's overlay2 driver. */
function graphView(host: ContainersHost, { id }: ContainerRecord): object {
  const { lowers, upper, work, merged } = host.images.rootfsPaths(id);
  return { ID: id, LowerDir: lowers.join(':'), MergedDir: merged, UpperDir: upper, WorkDir: work };
}

/** Docker leaves the mounts of `--tmpfs` out. */
export function mountViews({ mounts, hostConfig }: ContainerRecord): object[] {
  const hidden = new Set(Object.keys(hostConfig.Tmpfs ?? {}).map((path) => posix.normalize(path).replace(/(.)\/$/, '$1')));
  return mounts.filter(({ type, destination }) => type !== 'tmpfs' || !hidden.has(destination)).map(mountView);
}

function mountView(mount: MountPoint): object {
  return {
    Type: mount.type,
    ...(mount.type === 'volume' && { Name: mount.name }),
    Source: mount.source,
    Destination: mount.destination,
    ...(mount.type === 'volume' && { Driver: mount.driver }),
    Mode: mount.mode,
    RW: mount.isWritable && !mount.options.includes('ro'),
    Propagation: mount.propagation,
  };
}
