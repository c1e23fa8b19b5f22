import { anything, flag, integer, labels, number, set, struct, text, texts, words } from './go-types.ts';
import * as z from 'zod';

const healthcheck = struct({
  Test: texts,
  Interval: integer,
  Timeout: integer,
  Retries: integer,
  StartPeriod: integer,
  StartInterval: integer,
});

/** What runs in the container; also the body of `/commit`. */
const configShape = {
  Hostname: text,
  Domainname: text,
  User: text,
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  ExposedPorts: set,
  Tty: flag,
  OpenStdin: flag,
  StdinOnce: flag,
  Env: texts,
  Cmd: words,
  Healthcheck: healthcheck,
  ArgsEscaped: flag,
  Image: text,
  Volumes: set,
  WorkingDir: text,
  Entrypoint: words,
  NetworkDisabled: flag,
  MacAddress: text,
  OnBuild: texts,
  Labels: labels,
  StopSignal: text,
  StopTimeout: integer,
  Shell: words,
};

const blkioWeight = struct({ Path: text, Weight: integer });
const blkioRate = struct({ Path: text, Rate: integer });

/** The limits that `/containers/{id}/update` can change. */
const resourcesShape = {
  CpuShares: integer,
  Memory: integer,
  NanoCpus: integer,
  CgroupParent: text,
  BlkioWeight: integer,
  BlkioWeightDevice: z.array(blkioWeight),
  BlkioDeviceReadBps: z.array(blkioRate),
  BlkioDeviceWriteBps: z.array(blkioRate),
  BlkioDeviceReadIOps: z.array(blkioRate),
  BlkioDeviceWriteIOps: z.array(blkioRate),
  CpuPeriod: integer,
  CpuQuota: integer,
  CpuRealtimePeriod: integer,
  CpuRealtimeRuntime: integer,
  CpusetCpus: text,
  CpusetMems: text,
  Devices: z.array(struct({ PathOnHost: text, PathInContainer: text, CgroupPermissions: text })),
  DeviceCgroupRules: texts,
  DeviceRequests: z.array(struct({ Driver: text, Count: integer, DeviceIDs: texts, Capabilities: z.array(texts), Options: labels })),
  KernelMemory: integer,
  KernelMemoryTCP: integer,
  MemoryReservation: integer,
  MemorySwap: integer,
  MemorySwappiness: integer,
  OomKillDisable: flag,
  PidsLimit: integer,
  Ulimits: z.array(struct({ Name: text, Soft: integer, Hard: integer })),
  CpuCount: integer,
  CpuPercent: integer,
  IOMaximumIOps: integer,
  IOMaximumBandwidth: integer,
};

const restartPolicy = struct({ Name: text, MaximumRetryCount: integer });
const driverConfig = struct({ Name: text, Options: labels });

export const mount = struct({
  Target: text,
  Source: text,
  Type: text,
  ReadOnly: flag,
  Consistency: text,
  BindOptions: struct({
    Propagation: text,
    NonRecursive: flag,
    CreateMountpoint: flag,
    ReadOnlyNonRecursive: flag,
    ReadOnlyForceRecursive: flag,
  }),
  VolumeOptions: struct({ NoCopy: flag, Labels: labels, DriverConfig: driverConfig, Subpath: text }),
  ImageOptions: struct({ Subpath: text }),
  TmpfsOptions: struct({ SizeBytes: integer, Mode: integer, Options: z.array(texts) }),
  ClusterOptions: anything,
});

const hostConfig = struct({
  ...resourcesShape,
  Binds: texts,
  ContainerIDFile: text,
  LogConfig: struct({ Type: text, Config: labels }),
  NetworkMode: text,
  PortBindings: z.record(z.string(), z.array(struct({ HostIp: text, HostPort: text }))),
  RestartPolicy: restartPolicy,
  AutoRemove: flag,
  VolumeDriver: text,
  VolumesFrom: texts,
  Mounts: z.array(mount),
  ConsoleSize: z.array(integer),
  Annotations: labels,
  CapAdd: words,
  CapDrop: words,
  CgroupnsMode: text,
  Dns: texts,
  DnsOptions: texts,
  DnsSearch: texts,
  ExtraHosts: texts,
  GroupAdd: texts,
  IpcMode: text,
  Cgroup: text,
  Links: texts,
  OomScoreAdj: integer,
  PidMode: text,
  Privileged: flag,
  PublishAllPorts: flag,
  ReadonlyRootfs: flag,
  SecurityOpt: texts,
  StorageOpt: labels,
  Tmpfs: labels,
  UTSMode: text,
  UsernsMode: text,
  ShmSize: integer,
  Sysctls: labels,
  Runtime: text,
  Isolation: text,
  MaskedPaths: texts,
  ReadonlyPaths: texts,
  Init: flag,
});

export const endpointSettings = struct({
  IPAMConfig: struct({ IPv4Address: text, IPv6Address: text, LinkLocalIPs: texts }),
  Links: texts,
  Aliases: texts,
  MacAddress: text,
  DriverOpts: labels,
  GwPriority: number,
  NetworkID: text,
  EndpointID: text,
  Gateway: text,
  IPAddress: text,
  IPPrefixLen: integer,
  IPv6Gateway: text,
  GlobalIPv6Address: text,
  GlobalIPv6PrefixLen: integer,
  DNSNames: texts,
});

export const containerConfig = struct(configShape);

export const containerCreate = struct({
  ...configShape,
  HostConfig: hostConfig,
  NetworkingConfig: struct({ EndpointsConfig: z.record(z.string(), endpointSettings) }),
});

export const containerUpdate = struct({ ...resourcesShape, RestartPolicy: restartPolicy });
