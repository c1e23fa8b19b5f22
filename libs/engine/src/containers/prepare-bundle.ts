import { mkdir, stat, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { hostRoot, isOlder, type Owner, readMounts, type UserNamespace } from '@gantry/linux';
import { isOwnRuntime } from '../startup/runtimes.ts';
import type { Sandbox, SandboxLink } from '../networks/sandboxes.ts';
import type { ContainerRecord } from './container.ts';
import { cgroupOf, type ContainersHost, idsOf, pathsOf } from './containers-host.ts';
import { allDone } from '../state/all-done.ts';
import { checkProcMounts } from './check-proc-mounts.ts';
import { checkRootfs } from './check-rootfs.ts';
import { injectedDevices } from './device-requests.ts';
import { hostDevices, mappedDevices } from './devices.ts';
import { linkedEnv, linkedHosts, linkedPorts } from './links.ts';
import { subpathsOf } from './volume-subpaths.ts';
import { checkLogValues } from './log-options.ts';
import { makeSource, sourceFlags } from './mount-sources.ts';
import { homeOf, processUser } from './process-user.ts';
import { readInRootfs } from './read-in-rootfs.ts';
import { type MessageQueues, type MountContext, runtimeMounts, type SharedMemory } from './runtime-mounts.ts';
import { runtimeResources } from './runtime-resources.ts';
import { runtimeSpec } from './runtime-spec.ts';
import { sandboxRequest } from './sandbox-request.ts';
import { seccompOf } from './seccomp-choice.ts';
import type { SeccompProfile } from './seccomp-profile.ts';
import { filesOf, hostnameOf, ipcDonor, joinedNamespaces, sharedWith } from './shared-namespaces.ts';
import { durableStep } from '../state/durable-step.ts';
import { giveToContainer } from './user-namespace.ts';

export interface PreparedBundle {
  readonly spec: object;
  readonly sandbox: Sandbox;
  /** Who runs, by the container's ids. */
  readonly user: Owner;
  readonly seccomp: SeccompProfile | undefined;
  readonly isSeccompCached: boolean;
}

/** Mounts, joins networks and writes files for one start; what it made is undone by `clearRun`. `users`: the user namespace to run in, unless it is the host's. */
export async function prepareBundle(host: ContainersHost, record: ContainerRecord, users?: UserNamespace): Promise<PreparedBundle> {
  const { hostConfig } = record;
  checkLogValues(hostConfig.LogConfig);
  checkShares(hostConfig);
  const joined = joinedNamespaces(host, record);
  const linked = { env: linkedEnv(host, record), hosts: linkedHosts(host, record), ports: linkedPorts(host, record) };
  const seccomp = seccompOf(record, host.machine);
  const [{ rootfs, user }, sandbox, compiled, devices, injected, resources] = await allDone([
    preparedRootfs(host, record),
    joinedNetworks(host, record, { linked, namespace: users?.networkPath }),
    seccomp && host.seccomp.find(seccomp),
    mappedDevices(hostConfig.Devices),
    injectedDevices(host, hostConfig.DeviceRequests),
    runtimeResources(hostConfig),
    allDone(record.mounts.map((mount) => makeSource(host, record.id, mount))),
  ]);
  const named = { ...record, config: { ...record.config, ...hostnameOf(host, record) } };
  const spec = runtimeSpec(named, {
    rootfs,
    user: { ...user.ids, additionalGids: [...user.ids.additionalGids, ...injected.additionalGids] },
    variables: [`HOME=${user.home}`, ...linked.env],
    mounts: [...runtimeMounts(record, await mountContext(host, record)), ...injected.mounts],
    namespaces: [...(users ? [{ type: 'user', path: users.userPath }] : []), ...namespaces(record, sandbox, joined)],
    ids: users && host.runtimes.named(hostConfig.Runtime).wantsIdsOfNamespace ? idsOf(host, record) : undefined,
    devices: {
      nodes: hostConfig.Privileged ? await hostDevices() : [...devices.nodes, ...injected.nodes],
      rules: [...devices.rules, ...injected.rules],
    },
    injected,
    resources,
    cgroupsPath: cgroupOf(host, record.id),
    seccomp,
    compiledSeccomp: compiled,
    init: hostConfig.Init === true,
    machine: host.machine,
  });
  return { spec, sandbox, user: user.ids, seccomp, isSeccompCached: compiled !== undefined };
}

async function mountContext(host: ContainersHost, record: ContainerRecord): Promise<MountContext> {
  const init = record.hostConfig.Init === true ? host.initProgram : undefined;
  const noRecursiveReadOnly = whyNoRecursiveReadOnly(record.hostConfig.Runtime);
  const fileSources = new Set(await readOnlyFiles(record));
  return {
    ...{ files: filesOf(host, record), init, shm: await sharedMemory(host, record), queues: messageQueues(host, record) },
    ...{ sourceFlags: await sourceFlags(record.mounts), noRecursiveReadOnly, fileSources },
    subpaths: subpathsOf(host, record.id, record.mounts),
  };
}

async function readOnlyFiles({ mounts }: ContainerRecord): Promise<string[]> {
  const sources = mounts.filter(({ type, isWritable }) => type === 'bind' && !isWritable).map(({ source }) => source);
  const stats = await Promise.all(sources.map((source) => stat(source)));
  return sources.filter((_, at) => stats[at]?.isDirectory() !== true);
}

/** What the kernel cuts shares down to, and runc calls a mistake. Fails with `invalid`. */
function checkShares({ CpuShares }: ContainerRecord['hostConfig']): void {
  const limit =
    CpuShares === 1 ? 'minimum allowed cpu-shares is 2' : CpuShares > 262_144 ? 'maximum allowed cpu-shares is 262144' : undefined;
  if (limit !== undefined) throw new Failure('invalid', messages.runtimeCreateFailed(`unable to start container process: the ${limit}`));
}

/** mount_setattr(2) came with Linux 5.12; whether runtimes of the configuration use it is not known. */
function whyNoRecursiveReadOnly(runtime: string): string | undefined {
  const [version = ''] = release().split('-');
  if (isOlder(version, '5.12')) return `Linux ${version} is older than 5.12`;
  return isOwnRuntime(runtime) ? undefined : `runtime ${JSON.stringify(runtime)} is not known to support it`;
}

/** With the files that tell the container of them. */
async function joinedNetworks(
  host: ContainersHost,
  record: ContainerRecord,
  { linked, namespace }: { linked: { hosts: readonly string[]; ports: readonly SandboxLink[] }; namespace: string | undefined },
): Promise<Sandbox> {
  const request = sandboxRequest(host, record);
  const sandbox = await host.sandboxes.join(
    { ...request, extraHosts: [...request.extraHosts, ...linked.hosts], links: linked.ports, namespace },
    new AbortController().signal,
  );
  await writeFiles(host, record, sandbox);
  return sandbox;
}

/** Mounted, and who the container's user is in it. */
async function preparedRootfs(host: ContainersHost, record: ContainerRecord) {
  const rootfs = await host.images.mountRootfs(record.id);
  checkRootfs(rootfs);
  checkProcMounts(rootfs, record.mounts);
  return { rootfs, user: await userIn(rootfs, record) };
}

async function userIn(rootfs: string, { config, hostConfig }: ContainerRecord) {
  const [passwd, group] = await Promise.all([readInRootfs(rootfs, 'etc/passwd'), readInRootfs(rootfs, 'etc/group')]);
  const ids = processUser(config.User, { passwd, group }, hostConfig.GroupAdd ?? []);
  return { ids, home: homeOf(ids.uid, passwd) };
}

async function writeFiles(host: ContainersHost, record: ContainerRecord, sandbox: Sandbox): Promise<void> {
  const { id, config } = record;
  const paths = pathsOf(host, id);
  const write = async (): Promise<void> => {
    await Promise.all([
      writeFile(paths.hosts, sandbox.files.hosts, { mode: 0o644 }),
      writeFile(paths.resolvConf, sandbox.files.resolvConf, { mode: 0o644 }),
      writeFile(paths.hostname, `${config.Hostname}\n`, { mode: 0o644 }),
    ]);
    await giveToContainer(host, record, paths.hosts, paths.resolvConf, paths.hostname);
  };
  await durableStep('start.files', write);
}

type Namespace = { readonly type: string; readonly path?: string };

function namespaces({ hostConfig }: ContainerRecord, sandbox: Sandbox, joined: readonly Namespace[]): Namespace[] {
  const own = (type: string, mode: string): Namespace[] => (mode === 'host' || joined.some((one) => one.type === type) ? [] : [{ type }]);
  const hasNetwork = sandbox.namespacePath !== undefined && !joined.some(({ type }) => type === 'network');
  return [
    { type: 'mount' },
    ...(hasNetwork ? [{ type: 'network', path: sandbox.namespacePath }] : []),
    ...joined,
    ...own('uts', hostConfig.UTSMode),
    ...own('pid', hostConfig.PidMode),
    ...own('ipc', hostConfig.IpcMode),
    ...(hostConfig.CgroupnsMode === 'private' ? [{ type: 'cgroup' }] : []),
  ];
}

/** The host's cannot be mounted from inside a user namespace of the container's own, as it does not own them: then they are bound, where the host has them mounted. */
function messageQueues(host: ContainersHost, record: ContainerRecord): MessageQueues {
  if (record.hostConfig.IpcMode !== 'host' || idsOf(host, record) === undefined) return 'own';
  return readMounts().some(({ target }) => target === '/dev/mqueue') ? { path: '/dev/mqueue' } : 'none';
}

/**
 * What is bound to /dev/shm instead of a tmpfs of its own: the host's, another container's, or a tmpfs on the run root, where others can reach it
 * (a mount inside its own namespace cannot be bound from outside). `none`: there is no /dev/shm.
 */
async function sharedMemory(host: ContainersHost, record: ContainerRecord): Promise<SharedMemory> {
  const { id, hostConfig } = record;
  const { IpcMode, ShmSize } = hostConfig;
  if (IpcMode === 'none' || IpcMode === 'private') return IpcMode === 'none' ? 'none' : 'own';
  if (IpcMode === 'host') return { path: '/dev/shm' };
  const reference = sharedWith(IpcMode);
  if (reference !== undefined) return { path: pathsOf(host, ipcDonor(host, reference).id).shm };
  if (IpcMode !== 'shareable') throw new Failure('invalid', `Invalid IPC mode: ${IpcMode}`);
  const path = pathsOf(host, id).shm;
  await mkdir(path, { recursive: true, mode: 0o700 });
  const ids = idsOf(host, record);
  const owner = ids ? `,uid=${hostRoot(ids).uid},gid=${hostRoot(ids).gid}` : '';
  const data = `mode=1777,size=${ShmSize}${owner}`;
  const mount = { source: 'shm', target: path, type: 'tmpfs', attributes: ['nosuid', 'nodev', 'noexec'], data } as const;
  await durableStep('start.memory', () => host.kernel.mount(mount));
  return { path };
}
