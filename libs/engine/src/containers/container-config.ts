/** What runs in a container: Docker's `Config`, with every field present that `inspect` shows. */
export interface ContainerConfig {
  readonly Hostname: string;
  readonly Domainname: string;
  readonly User: string;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  readonly Env: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly Healthcheck?: HealthcheckConfig;
  /** The reference that the request named. */
  readonly Image: string;
  readonly Volumes: Readonly<Record<string, object>> | null;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[] | null;
  readonly NetworkDisabled?: boolean;
  readonly MacAddress?: string;
  readonly OnBuild: null;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
  readonly Shell?: readonly string[];
}

/** How it is seen whether a container is well; times in nanoseconds, 0 and absent are the default. */
export interface HealthcheckConfig {
  /** `CMD` and words, `CMD-SHELL` and a line, or `NONE`. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface DeviceMapping {
  readonly PathOnHost?: string | undefined;
  readonly PathInContainer?: string | undefined;
  readonly CgroupPermissions?: string | undefined;
}

export interface DeviceRate {
  readonly Path?: string | undefined;
  readonly Rate?: number | undefined;
}

export interface MountRequest {
  readonly Target?: string | undefined;
  readonly Source?: string | undefined;
  readonly Type?: string | undefined;
  readonly ReadOnly?: boolean | undefined;
  readonly BindOptions?:
    | {
        readonly Propagation?: string | undefined;
        readonly NonRecursive?: boolean | undefined;
        readonly CreateMountpoint?: boolean | undefined;
        readonly ReadOnlyNonRecursive?: boolean | undefined;
        readonly ReadOnlyForceRecursive?: boolean | undefined;
      }
    | undefined;
  readonly VolumeOptions?:
    | {
        readonly NoCopy?: boolean | undefined;
        readonly Labels?: Readonly<Record<string, string>> | undefined;
        readonly DriverConfig?:
          { readonly Name?: string | undefined; readonly Options?: Readonly<Record<string, string>> | undefined } | undefined;
        readonly Subpath?: string | undefined;
      }
    | undefined;
  readonly TmpfsOptions?:
    | {
        readonly SizeBytes?: number | undefined;
        readonly Mode?: number | undefined;
        readonly Options?: readonly (readonly string[])[] | undefined;
      }
    | undefined;
}

/** What of the host a container uses: Docker's `HostConfig`, with every field present that `inspect` shows. */
export interface HostConfig extends Resources {
  readonly Binds: readonly string[] | null;
  readonly ContainerIDFile: string;
  readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
  readonly NetworkMode: string;
  readonly PortBindings: Readonly<Record<string, readonly PortBinding[] | null>> | null;
  readonly RestartPolicy: RestartPolicy;
  readonly AutoRemove: boolean;
  readonly VolumeDriver: string;
  readonly VolumesFrom: readonly string[] | null;
  readonly Mounts?: readonly MountRequest[];
  readonly ConsoleSize: readonly number[];
  readonly Annotations?: Readonly<Record<string, string>>;
  readonly CapAdd: readonly string[] | null;
  readonly CapDrop: readonly string[] | null;
  readonly CgroupnsMode: string;
  readonly Dns: readonly string[] | null;
  readonly DnsOptions: readonly string[] | null;
  readonly DnsSearch: readonly string[] | null;
  readonly ExtraHosts: readonly string[] | null;
  readonly GroupAdd: readonly string[] | null;
  readonly IpcMode: string;
  readonly Cgroup: string;
  readonly Links: readonly string[] | null;
  readonly OomScoreAdj: number;
  readonly PidMode: string;
  readonly Privileged: boolean;
  readonly PublishAllPorts: boolean;
  readonly ReadonlyRootfs: boolean;
  readonly SecurityOpt: readonly string[] | null;
  readonly StorageOpt?: Readonly<Record<string, string>>;
  readonly Tmpfs?: Readonly<Record<string, string>>;
  readonly UTSMode: string;
  readonly UsernsMode: string;
  readonly ShmSize: number;
  readonly Sysctls?: Readonly<Record<string, string>>;
  readonly Runtime: string;
  readonly Isolation: string;
  readonly MaskedPaths: readonly string[] | null;
  readonly ReadonlyPaths: readonly string[] | null;
  readonly Init?: boolean;
}

export interface PortBinding {
  readonly HostIp?: string | undefined;
  readonly HostPort?: string | undefined;
}

export interface RestartPolicy {
  readonly Name: string;
  readonly MaximumRetryCount: number;
}

/** The limits, which `update` can change. Bytes, and microseconds for CPU periods; 0 is "no limit". */
export interface Resources {
  readonly CpuShares: number;
  readonly Memory: number;
  /** Billionths of a CPU. */
  readonly NanoCpus: number;
  readonly CgroupParent: string;
  readonly BlkioWeight: number;
  readonly BlkioWeightDevice: readonly object[] | null;
  readonly BlkioDeviceReadBps: readonly DeviceRate[] | null;
  readonly BlkioDeviceWriteBps: readonly DeviceRate[] | null;
  readonly BlkioDeviceReadIOps: readonly DeviceRate[] | null;
  readonly BlkioDeviceWriteIOps: readonly DeviceRate[] | null;
  readonly CpuPeriod: number;
  readonly CpuQuota: number;
  readonly CpuRealtimePeriod: number;
  readonly CpuRealtimeRuntime: number;
  readonly CpusetCpus: string;
  readonly CpusetMems: string;
  readonly Devices: readonly DeviceMapping[] | null;
  readonly DeviceCgroupRules: readonly string[] | null;
  readonly DeviceRequests: readonly DeviceRequest[] | null;
  readonly MemoryReservation: number;
  /** Memory and swap together; -1 is unlimited, 0 twice the memory. */
  readonly MemorySwap: number;
  readonly MemorySwappiness: number | null;
  readonly OomKillDisable: boolean | null;
  readonly PidsLimit: number | null;
  readonly Ulimits: readonly Ulimit[] | null;
  readonly CpuCount: number;
  readonly CpuPercent: number;
  readonly IOMaximumIOps: number;
  readonly IOMaximumBandwidth: number;
}

/** Devices by what they can do, or of a driver; a count of -1 is all. */
export interface DeviceRequest {
  readonly Driver?: string | undefined;
  readonly Count?: number | undefined;
  readonly DeviceIDs?: readonly string[] | null | undefined;
  readonly Capabilities?: readonly (readonly string[])[] | null | undefined;
  readonly Options?: Readonly<Record<string, string>> | null | undefined;
}

export interface Ulimit {
  readonly Name?: string | undefined;
  readonly Soft?: number | undefined;
  readonly Hard?: number | undefined;
}

export interface EndpointSettings {
  readonly IPAMConfig?:
    | {
        readonly IPv4Address?: string | undefined;
        readonly IPv6Address?: string | undefined;
        readonly LinkLocalIPs?: readonly string[] | undefined;
      }
    | undefined;
  readonly Links?: readonly string[] | undefined;
  readonly Aliases?: readonly string[] | undefined;
  readonly MacAddress?: string | undefined;
  readonly GwPriority?: number | undefined;
  readonly DriverOpts?: Readonly<Record<string, string>> | undefined;
}

/** A request may leave out, or null, any field. */
export type Requested<T> = { readonly [K in keyof T]?: T[K] | null | undefined };

/** The body of `POST /containers/create`. */
export interface CreateBody extends Requested<Omit<ContainerConfig, 'OnBuild' | 'Healthcheck'>> {
  readonly Healthcheck?: Requested<HealthcheckConfig> | null | undefined;
  readonly HostConfig?: Requested<Omit<HostConfig, 'LogConfig' | 'RestartPolicy'>> & {
    readonly LogConfig?: { readonly Type?: string | undefined; readonly Config?: Readonly<Record<string, string>> | undefined } | undefined;
    readonly RestartPolicy?: Requested<RestartPolicy> | undefined;
  };
  readonly NetworkingConfig?: { readonly EndpointsConfig?: Readonly<Record<string, EndpointSettings>> | undefined };
}
