import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { Sandbox } from '../networks/sandboxes.ts';
import { type ContainerRecord, runOf } from './container.ts';
import { cgroupOf, type ContainersHost, pathsOf } from './containers-host.ts';
import { checkRootfs } from './check-rootfs.ts';
import { hostDevices, mappedDevices } from './devices.ts';
import type { MountPoint } from './mount-points.ts';
import { processUser } from './process-user.ts';
import { readInRootfs } from './read-in-rootfs.ts';
import { runtimeMounts } from './runtime-mounts.ts';
import { runtimeResources } from './runtime-resources.ts';
import { runtimeSpec } from './runtime-spec.ts';
import { sandboxRequest, sharedWith } from './sandbox-request.ts';
import { seccompOf } from './seccomp-choice.ts';
import type { SeccompProfile } from './seccomp-profile.ts';

export interface PreparedBundle {
  readonly spec: object;
  readonly sandbox: Sandbox;
  readonly seccomp: SeccompProfile | undefined;
  readonly isSeccompCached: boolean;
}

/** Mounts, joins networks and writes files for one start; what it made is undone by `clearRun`. */
export async function prepareBundle(host: ContainersHost, record: ContainerRecord): Promise<PreparedBundle> {
  const { hostConfig } = record;
  const seccomp = seccompOf(record, host.machine);
  const [rootfs, sandbox, compiled, devices, resources] = await Promise.all([
    mountedRootfs(host, record),
    host.sandboxes.join(sandboxRequest(host, record), new AbortController().signal),
    seccomp && host.seccomp.find(seccomp),
    mappedDevices(hostConfig.Devices),
    runtimeResources(hostConfig),
    Promise.all(record.mounts.map(makeSource)),
  ]);
  const [user] = await Promise.all([userIn(rootfs, record), writeFiles(host, record, sandbox), copyImageInto(host, record, rootfs)]);
  const spec = runtimeSpec(record, {
    rootfs,
    user,
    mounts: runtimeMounts(record, {
      files: filesOf(host, record),
      init: hostConfig.Init === true ? host.initProgram : undefined,
      shm: await sharedMemory(host, record),
    }),
    namespaces: namespaces(host, record, sandbox),
    devices: hostConfig.Privileged ? { nodes: await hostDevices(), rules: [] } : devices,
    resources,
    cgroupsPath: cgroupOf(host, record.id),
    seccomp,
    compiledSeccomp: compiled,
    init: hostConfig.Init === true,
    machine: host.machine,
  });
  return { spec, sandbox, seccomp, isSeccompCached: compiled !== undefined };
}

async function mountedRootfs(host: ContainersHost, record: ContainerRecord): Promise<string> {
  const rootfs = await host.images.mountRootfs(record.id);
  checkRootfs(rootfs);
  return rootfs;
}

async function userIn(rootfs: string, { config, hostConfig }: ContainerRecord) {
  const [passwd, group] = await Promise.all([readInRootfs(rootfs, 'etc/passwd'), readInRootfs(rootfs, 'etc/group')]);
  return processUser(config.User, { passwd, group }, hostConfig.GroupAdd ?? []);
}

async function makeSource(mount: MountPoint): Promise<void> {
  if (mount.type !== 'bind') return;
  if (mount.createsSource) await mkdir(mount.source, { recursive: true }).catch(() => undefined);
  await stat(mount.source).catch((cause: unknown) => {
    throw new Failure('invalid', messages.bindSourceMissing(mount.source), { cause });
  });
}

async function copyImageInto(host: ContainersHost, { mounts }: ContainerRecord, rootfs: string): Promise<void> {
  for (const mount of mounts) {
    if (mount.type === 'volume' && mount.copiesImage) await host.volumes.copyUp(mount.name, rootfs, mount.destination);
  }
}

/** A shared network namespace brings the other container's files. */
function filesOf(host: ContainersHost, record: ContainerRecord) {
  const other = sharedWith(record.hostConfig.NetworkMode);
  const { hosts, resolvConf } = pathsOf(host, other === undefined ? record.id : host.find(other).id);
  return { hosts, resolvConf, hostname: pathsOf(host, record.id).hostname };
}

async function writeFiles(host: ContainersHost, { id, config }: ContainerRecord, sandbox: Sandbox): Promise<void> {
  const paths = pathsOf(host, id);
  await Promise.all([
    writeFile(paths.hosts, sandbox.files.hosts, { mode: 0o644 }),
    writeFile(paths.resolvConf, sandbox.files.resolvConf, { mode: 0o644 }),
    writeFile(paths.hostname, `${config.Hostname}\n`, { mode: 0o644 }),
  ]);
}

function namespaces(host: ContainersHost, { hostConfig }: ContainerRecord, sandbox: Sandbox): { type: string; path?: string }[] {
  const network = sharedWith(hostConfig.NetworkMode);
  const networkPath = network === undefined ? sandbox.namespacePath : namespaceOf(host, network, 'net');
  return [
    { type: 'mount' },
    ...(networkPath === undefined ? [] : [{ type: 'network', path: networkPath }]),
    ...(hostConfig.UTSMode === 'host' ? [] : [{ type: 'uts' }]),
    ...chosen(host, { type: 'pid', file: 'pid', mode: hostConfig.PidMode }),
    ...chosen(host, { type: 'ipc', file: 'ipc', mode: hostConfig.IpcMode }),
    ...(hostConfig.CgroupnsMode === 'private' ? [{ type: 'cgroup' }] : []),
  ];
}

function chosen(
  host: ContainersHost,
  { type, file, mode }: { type: string; file: string; mode: string },
): { type: string; path?: string }[] {
  if (mode === 'host') return [];
  const other = sharedWith(mode);
  return other === undefined ? [{ type }] : [{ type, path: namespaceOf(host, other, file) }];
}

/** A namespace of another container, by its first process; it must run. */
function namespaceOf(host: ContainersHost, reference: string, file: string): string {
  const other = host.find(reference);
  const run = runOf(other.state);
  if (!run) throw new Failure('conflict', `cannot join the namespaces of container ${other.name}: ${messages.notRunning(other.id)}`);
  return `/proc/${run.init.pid}/ns/${file}`;
}

/**
 * What is bound to /dev/shm instead of a tmpfs of its own. A shareable container's lies on the run root, where others can reach it (a mount inside
 * its own namespace cannot be bound from outside); `ShmSize` does not bound it there.
 */
async function sharedMemory(host: ContainersHost, { id, hostConfig }: ContainerRecord): Promise<string | undefined> {
  const { IpcMode } = hostConfig;
  if (IpcMode === 'host') return '/dev/shm';
  const reference = sharedWith(IpcMode);
  if (reference === undefined && IpcMode !== 'shareable') return undefined;
  const other = reference === undefined ? undefined : host.find(reference);
  if (other && other.record.hostConfig.IpcMode !== 'shareable') {
    const hint = 'non-shareable IPC (hint: use IpcMode:shareable for the donor container)';
    throw new Failure('conflict', `cannot join IPC of a container ${other.id}: ${hint}`);
  }
  const path = join(pathsOf(host, other?.id ?? id).bundle, 'shm');
  if (!other) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o1777);
  }
  return path;
}
