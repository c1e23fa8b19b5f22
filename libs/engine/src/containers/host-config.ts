import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { checkResources } from './check-resources.ts';
import type { CreateBody, HostConfig, Requested, Resources, RestartPolicy } from './container-config.ts';
import { maskedPaths, readonlyPaths } from './protected-paths.ts';

const defaultShmBytes = 64 * 1024 * 1024;

/** Resources of a container that has no limits. */
export const resourceDefaults: Resources = {
  ...{ CpuShares: 0, Memory: 0, NanoCpus: 0, CgroupParent: '', BlkioWeight: 0, BlkioWeightDevice: null },
  ...{ BlkioDeviceReadBps: null, BlkioDeviceWriteBps: null, BlkioDeviceReadIOps: null, BlkioDeviceWriteIOps: null },
  ...{ CpuPeriod: 0, CpuQuota: 0, CpuRealtimePeriod: 0, CpuRealtimeRuntime: 0, CpusetCpus: '', CpusetMems: '' },
  ...{ Devices: null, DeviceCgroupRules: null, DeviceRequests: null, MemoryReservation: 0, MemorySwap: 0, MemorySwappiness: null },
  ...{ OomKillDisable: null, PidsLimit: null, Ulimits: null, CpuCount: 0, CpuPercent: 0, IOMaximumIOps: 0, IOMaximumBandwidth: 0 },
};

const hostDefaults: HostConfig = {
  ...resourceDefaults,
  ...{ Binds: null, ContainerIDFile: '', LogConfig: { Type: 'json-file', Config: {} }, NetworkMode: 'bridge', PortBindings: null },
  ...{ RestartPolicy: { Name: 'no', MaximumRetryCount: 0 }, AutoRemove: false, VolumeDriver: '', VolumesFrom: null, ConsoleSize: [0, 0] },
  ...{ CapAdd: null, CapDrop: null, CgroupnsMode: '', Dns: null, DnsOptions: null, DnsSearch: null, ExtraHosts: null, GroupAdd: null },
  ...{ IpcMode: 'private', Cgroup: '', Links: null, OomScoreAdj: 0, PidMode: '', Privileged: false, PublishAllPorts: false },
  ...{ ReadonlyRootfs: false, SecurityOpt: null, UTSMode: '', UsernsMode: '', ShmSize: defaultShmBytes, Runtime: 'crun', Isolation: '' },
  ...{ MaskedPaths: maskedPaths, ReadonlyPaths: readonlyPaths },
};

/** What the engine adds to a request that does not say it. */
export interface HostConfigDefaults {
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
  /** `private` on cgroup v2, `host` on v1. */
  readonly cgroupNamespace: 'private' | 'host';
  /** The name of an OCI runtime. */
  readonly runtime: string;
}

/** A request's HostConfig with all defaults, checked. Fails with `invalid` in dockerd's words. */
export function completeHostConfig(requested: CreateBody['HostConfig'], defaults: HostConfigDefaults): HostConfig {
  const given = withoutNull(requested ?? {}) as Partial<HostConfig>;
  const isPrivileged = requested?.Privileged === true;
  const config: HostConfig = {
    ...hostDefaults,
    ...given,
    ...bindings(requested?.PortBindings),
    ...limits(given),
    DeviceRequests: deviceRequests(given.DeviceRequests),
    LogConfig: logConfig(requested?.LogConfig, defaults),
    RestartPolicy: restartPolicy(requested?.RestartPolicy),
    NetworkMode: networkMode(requested?.NetworkMode),
    CgroupnsMode: requested?.CgroupnsMode ? requested.CgroupnsMode : isPrivileged ? 'host' : defaults.cgroupNamespace,
    IpcMode: requested?.IpcMode ? requested.IpcMode : 'private',
    ShmSize: requested?.ShmSize ? requested.ShmSize : defaultShmBytes,
    Runtime: requested?.Runtime ? requested.Runtime : defaults.runtime,
    SecurityOpt: securityOpt(given),
    ...(isPrivileged && { MaskedPaths: null, ReadonlyPaths: null }),
  };
  checkHostConfig(config);
  return config;
}

/** Fields that a request leaves out are shown empty. */
function bindings(requested: Requested<HostConfig>['PortBindings']): Pick<HostConfig, 'PortBindings'> {
  const filled = Object.entries(requested ?? {}).map(([port, list]) => [
    port,
    list?.map(({ HostIp, HostPort }) => ({ HostIp: HostIp ?? '', HostPort: HostPort ?? '' })) ?? null,
  ]);
  return { PortBindings: requested ? (Object.fromEntries(filled) as HostConfig['PortBindings']) : null };
}

function deviceRequests(requests: HostConfig['DeviceRequests'] | undefined): HostConfig['DeviceRequests'] {
  const empty = { Driver: '', Count: 0, DeviceIDs: null, Capabilities: null, Options: null };
  return requests?.map((request) => ({ ...empty, ...request })) ?? null;
}

/** 0 and -1 are no limit of processes; swap is as much again as memory where only memory is limited; a swappiness of -1 is the kernel's. */
function limits({ Memory = 0, MemorySwap = 0, MemorySwappiness, PidsLimit }: Partial<HostConfig>): Partial<HostConfig> {
  return {
    ...(Memory > 0 && MemorySwap === 0 && { MemorySwap: Memory * 2 }),
    ...(MemorySwappiness === -1 && { MemorySwappiness: null }),
    ...(PidsLimit !== undefined && PidsLimit !== null && PidsLimit <= 0 && { PidsLimit: null }),
  };
}

/** Who shares the host's processes gets no label of SELinux, which dockerd writes down; this engine sets none anyway. */
function securityOpt({ Privileged, IpcMode, PidMode, SecurityOpt }: Partial<HostConfig>): HostConfig['SecurityOpt'] {
  const own = SecurityOpt ?? null;
  const isOpen = Privileged === true || IpcMode === 'host' || PidMode === 'host';
  if (!isOpen || own?.some((option) => /^label[=:]/.test(option))) return own;
  return [...(own ?? []), 'label=disable'];
}

/** A policy by name, checked; an absent one is `no`. */
export function restartPolicy(requested: Requested<RestartPolicy> | null | undefined): RestartPolicy {
  const name = requested?.Name ? requested.Name : 'no';
  const retries = requested?.MaximumRetryCount ?? 0;
  if (!['no', 'always', 'on-failure', 'unless-stopped'].includes(name)) throw new Failure('invalid', messages.unknownRestartPolicy(name));
  if (retries < 0) throw new Failure('invalid', 'invalid restart policy: maximum retry count cannot be negative');
  // Old clients send a count without a name.
  if (retries > 0 && name !== 'on-failure' && requested?.Name) {
    throw new Failure('invalid', "invalid restart policy: maximum retry count can only be used with 'on-failure'");
  }
  return { Name: name, MaximumRetryCount: retries };
}

function checkHostConfig(config: HostConfig): void {
  checkResources(config);
  if (config.AutoRemove && config.RestartPolicy.Name !== 'no') throw new Failure('invalid', messages.autoRemoveAndRestart);
  if (config.ShmSize < 0) throw new Failure('invalid', 'SHM size can not be less than 0');
  if (config.OomScoreAdj < -1000 || config.OomScoreAdj > 1000) {
    throw new Failure('invalid', `Invalid value ${config.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
}

/** Unlike dockerd's, a log has limits where neither request nor configuration speak of any; `max-size=-1` is a log without. */
const defaultLogLimits = { 'max-size': '10m', 'max-file': '5' } as const;

/** The engine's options are those of its own driver. */
function logConfig(requested: NonNullable<CreateBody['HostConfig']>['LogConfig'], defaults: HostConfigDefaults): HostConfig['LogConfig'] {
  const type = requested?.Type ? requested.Type : defaults.logDriver;
  const config = { ...(type === defaults.logDriver && defaults.logOptions), ...requested?.Config };
  const isLimited = type === 'none' || 'max-size' in config || 'max-file' in config;
  return { Type: type, Config: isLimited ? config : { ...config, ...defaultLogLimits } };
}

function networkMode(mode: string | null | undefined): string {
  return mode === undefined || mode === null || mode === '' || mode === 'default' ? 'bridge' : mode;
}

function withoutNull(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null && field !== undefined));
}
