import { healthView } from '../health/health-state.ts';
import { type ContainerRecord, type ContainerState, exitOf, runOf, statusWord } from './container.ts';
import { type ContainersHost, pathsOf } from './containers-host.ts';
import { goTime } from './go-time.ts';
import type { ManagedContainer } from './managed-container.ts';
import type { MountPoint } from './mount-points.ts';
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
  const hasLog = record.hostConfig.LogConfig.Type !== 'none';
  return {
    Id: record.id,
    Created: goTime(record.createdAtMs),
    Path: path,
    Args: args,
    State: { ...stateView(status.state), ...(container.health && { Health: healthView(container.health) }) },
    Image: record.image.id,
    ResolvConfPath: paths.resolvConf,
    HostnamePath: paths.hostname,
    HostsPath: paths.hosts,
    LogPath: hasLog ? paths.log : '',
    Name: `/${record.name}`,
    RestartCount: status.restarts,
    Driver: 'overlay2',
    Platform: record.image.platform.split('/')[0],
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: container.execIds.size > 0 ? [...container.execIds] : null,
    HostConfig: hostConfigView(record),
    GraphDriver: { Name: 'overlay2', Data: { ID: record.id } },
    ...(withSize && (await sizes(host, record))),
    Mounts: record.mounts.map(mountView),
    Config: record.config,
    NetworkSettings: networkSettings(record, status.state),
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

/** Docker leaves tmpfs mounts of `--tmpfs` out of the list of mounts. */
export function mountView(mount: MountPoint): object {
  return {
    Type: mount.type,
    ...(mount.type === 'volume' && { Name: mount.name }),
    Source: mount.source,
    Destination: mount.destination,
    ...(mount.type === 'volume' && { Driver: mount.driver }),
    Mode: mount.mode,
    RW: mount.isWritable,
    Propagation: mount.propagation,
  };
}

function hostConfigView({ hostConfig }: ContainerRecord): object {
  const memorySwap = hostConfig.Memory > 0 && hostConfig.MemorySwap === 0 ? hostConfig.Memory * 2 : hostConfig.MemorySwap;
  return { ...hostConfig, MemorySwap: memorySwap };
}
