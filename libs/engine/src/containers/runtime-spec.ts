import { posix } from 'node:path';
import type { IdMapping } from '@gantry/linux';
import { grantedCapabilities } from './capabilities.ts';
import type { ContainerRecord } from './container.ts';
import { allDevices, defaultDeviceRules, type DeviceNode, type DeviceRule, parseDeviceRule } from './devices.ts';
import type { InjectedDevices } from './device-requests.ts';
import { mergedEnv, processEnv } from './requested-config.ts';
import { rootPropagation, type RuntimeMount } from './runtime-mounts.ts';
import { runtimeLimits } from './runtime-resources.ts';
import type { SeccompProfile } from './seccomp-profile.ts';
import { securityOptions } from './security-options.ts';
import type { ProcessUser } from './process-user.ts';

/** What the machine and the engine itself are, as far as a container's specification depends on it. */
export interface MachineFacts {
  readonly bounding: bigint;
  /** Text of /proc/self/limits. */
  readonly ownLimits: string;
  /** `process.arch`. */
  readonly architecture: string;
  readonly hasAppArmor: boolean;
}

/** All that was found or made for one start. */
export interface RuntimeContext {
  readonly rootfs: string;
  readonly user: ProcessUser;
  /** Variables that the container's own may replace. */
  readonly variables: readonly string[];
  readonly mounts: readonly RuntimeMount[];
  readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
  /** Of the user namespace among them, for a runtime that has to be told. */
  readonly ids: IdMapping | undefined;
  readonly devices: { readonly nodes: readonly DeviceNode[]; readonly rules: readonly DeviceRule[] };
  readonly injected: Pick<InjectedDevices, 'env' | 'hooks'>;
  readonly resources: object;
  readonly cgroupsPath: string;
  readonly seccomp: SeccompProfile | undefined;
  /** The same profile compiled; crun takes it from an annotation and is 20 ms faster. runc ignores it, so the profile itself stays. */
  readonly compiledSeccomp: Uint8Array | undefined;
  readonly init: boolean;
  readonly machine: MachineFacts;
}

/** A container as an OCI bundle's config.json (https://github.com/opencontainers/runtime-spec, 1.0.2). Pure. */
export function runtimeSpec(record: ContainerRecord, context: RuntimeContext): object {
  const { config, hostConfig } = record;
  const isPrivileged = hostConfig.Privileged;
  const rules = isPrivileged
    ? allDevices
    : [...defaultDeviceRules, ...context.devices.rules, ...(hostConfig.DeviceCgroupRules ?? []).map(parseDeviceRule)];
  return {
    ociVersion: '1.0.2',
    hostname: context.namespaces.some(({ type }) => type === 'uts') ? config.Hostname : undefined,
    root: { path: context.rootfs, readonly: hostConfig.ReadonlyRootfs },
    process: runtimeProcess(record, context),
    mounts: context.mounts,
    annotations: annotations(record, context),
    hooks: context.injected.hooks,
    linux: {
      namespaces: context.namespaces,
      ...(context.ids && { uidMappings: mappings(context.ids.uids), gidMappings: mappings(context.ids.gids) }),
      cgroupsPath: context.cgroupsPath,
      devices: context.devices.nodes,
      resources: { ...context.resources, devices: rules },
      ...(context.seccomp && { seccomp: context.seccomp }),
      maskedPaths: hostConfig.MaskedPaths ?? [],
      readonlyPaths: hostConfig.ReadonlyPaths ?? [],
      rootfsPropagation: rootPropagation(record.mounts),
      sysctl: sysctls(record, context),
    },
  };
}

const mappings = (ranges: IdMapping['uids']): object[] =>
  ranges.map(({ container, host, size }) => ({ containerID: container, hostID: host, size }));

/** The container's own process. */
function runtimeProcess(record: ContainerRecord, context: RuntimeContext): object {
  const { config, hostConfig } = record;
  const [height = 0, width = 0] = hostConfig.ConsoleSize;
  return {
    terminal: config.Tty,
    ...(config.Tty && height > 0 && width > 0 && { consoleSize: { height, width } }),
    user: context.user,
    args: context.init ? ['/sbin/docker-init', '--', ...record.command] : record.command,
    env: mergedEnv(context.injected.env, processEnv(config, context.variables)),
    cwd: config.WorkingDir === '' ? '/' : posix.normalize(config.WorkingDir),
    ...processRights(record, context),
    ...(hostConfig.OomScoreAdj !== 0 && { oomScoreAdj: hostConfig.OomScoreAdj }),
  };
}

/** Capabilities, limits and privilege rules; an exec has the same. A user other than root has none effective, as with Docker. */
export function processRights(record: ContainerRecord, { machine, user }: { machine: MachineFacts; user: ProcessUser }): object {
  const { hostConfig } = record;
  const names = capabilitiesOf(record, machine);
  const effective = user.uid === 0 ? names : [];
  const { isWithoutNewPrivileges, apparmor } = securityOptions(hostConfig.SecurityOpt ?? []);
  return {
    capabilities: { bounding: names, effective, permitted: effective },
    rlimits: runtimeLimits(hostConfig.Ulimits, machine.ownLimits),
    noNewPrivileges: isWithoutNewPrivileges,
    // A kernel without AppArmor runs everything unconfined, whatever was asked for, as with dockerd. No profile is loaded by this engine.
    ...(machine.hasAppArmor && !['', 'unconfined'].includes(apparmor) && { apparmorProfile: apparmor }),
  };
}

export function capabilitiesOf({ hostConfig }: ContainerRecord, machine: MachineFacts): string[] {
  const request = { isPrivileged: hostConfig.Privileged, add: hostConfig.CapAdd ?? [], drop: hostConfig.CapDrop ?? [] };
  return grantedCapabilities(request, machine.bounding);
}

function annotations({ hostConfig }: ContainerRecord, { compiledSeccomp }: RuntimeContext): Record<string, string> {
  const own = hostConfig.Annotations ?? {};
  if (!compiledSeccomp) return own;
  return { ...own, 'run.oci.seccomp_bpf_data': Buffer.from(compiledSeccomp).toString('base64') };
}

/** A namespace of its own lets anyone open low ports and ping, as Docker does since 20.10. */
function sysctls({ config, hostConfig }: ContainerRecord, { namespaces }: RuntimeContext): Readonly<Record<string, string>> {
  const hasOwnNetwork = namespaces.some(({ type }) => type === 'network') && !hostConfig.NetworkMode.startsWith('container:');
  // Groups of a user namespace end earlier, and the kernel takes no others.
  const groups = namespaces.some(({ type }) => type === 'user') ? {} : { 'net.ipv4.ping_group_range': '0 2147483647' };
  const usual = hasOwnNetwork ? { 'net.ipv4.ip_unprivileged_port_start': '0', ...groups } : {};
  const hasDomain = config.Domainname !== '' && namespaces.some(({ type }) => type === 'uts');
  return { ...usual, ...(hasDomain && { 'kernel.domainname': config.Domainname }), ...hostConfig.Sysctls };
}
