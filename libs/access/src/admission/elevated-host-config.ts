import type { BodyOf } from '@gantry/engine-api';

type CreateBody = BodyOf<'ContainerCreate'>;
export type HostConfig = NonNullable<CreateBody['HostConfig']>;
type Mount = NonNullable<HostConfig['Mounts']>[number];
type Ulimit = NonNullable<HostConfig['Ulimits']>[number];

/** A rule says whether a value gives the container power over its host; `plain` is a field that never does. */
type Rule<Value> = ((value: NonNullable<Value>) => boolean) | 'plain';
type Rules = { readonly [Field in keyof HostConfig]-?: Rule<HostConfig[Field]> };

const plain = 'plain';
/** A list, a text or a record. */
const isFilled = (value: readonly unknown[] | string | object): boolean => Object.keys(value).length > 0;
const isGiven = (): boolean => true;
const isTrue = (value: boolean): boolean => value;
const isHostOrForeign = (mode: string): boolean => mode === 'host' || mode.startsWith('container:') || mode.startsWith('ns:');
const highestUlimit = 1_048_576;
const harmlessTmpfsOptions = /^(rw|ro|noexec|nosuid|nodev|size=\d+[kmg]?|mode=0?[0-7]{3,4}|uid=\d+|gid=\d+)$/i;
const harmlessLogDrivers = ['', 'json-file', 'local', 'none'];

/**
 * Every field of HostConfig with what makes it dangerous. The type insists on a rule for each field, so one that a later version of the API
 * adds cannot slip through unseen.
 */
const rules: Rules = {
  Privileged: isTrue,
  CapAdd: isFilled,
  CapDrop: plain,
  Devices: isFilled,
  DeviceRequests: isFilled,
  DeviceCgroupRules: isFilled,
  SecurityOpt: (options) => options.some((option) => !/^no-new-privileges([:=]true)?$/.test(option)),
  MaskedPaths: isGiven,
  ReadonlyPaths: isGiven,
  Sysctls: isFilled,
  Runtime: isFilled,
  CgroupParent: isFilled,
  Cgroup: isFilled,
  NetworkMode: isHostOrForeign,
  PidMode: isFilled,
  IpcMode: isHostOrForeign,
  UTSMode: isFilled,
  UsernsMode: isFilled,
  CgroupnsMode: (mode) => mode !== '' && mode !== 'private',
  Binds: (binds) => binds.some(isBind),
  Mounts: (mounts) => mounts.some(isDangerousMount),
  VolumesFrom: isFilled,
  VolumeDriver: (driver) => driver !== '' && driver !== 'local',
  Tmpfs: (tmpfs) =>
    Object.values(tmpfs).some((options) => options !== '' && options.split(',').some((option) => !harmlessTmpfsOptions.test(option))),
  Ulimits: (ulimits) => ulimits.some(isHighUlimit),
  OomKillDisable: isTrue,
  OomScoreAdj: (score) => score < 0,
  LogConfig: ({ Type = '', Config = {} }) =>
    !harmlessLogDrivers.includes(Type) ||
    Object.keys(Config).some((key) => !/^(max-size|max-file|compress|mode|labels|env|tag)$/.test(key)),
  StorageOpt: isFilled,
  Annotations: isFilled,
  ContainerIDFile: isFilled,
  CpuRealtimePeriod: (value) => value !== 0,
  CpuRealtimeRuntime: (value) => value !== 0,
  BlkioWeightDevice: isFilled,
  Isolation: plain,
  Memory: plain,
  MemoryReservation: plain,
  MemorySwap: plain,
  MemorySwappiness: plain,
  KernelMemory: plain,
  KernelMemoryTCP: plain,
  NanoCpus: plain,
  CpuShares: plain,
  CpuPeriod: plain,
  CpuQuota: plain,
  CpuCount: plain,
  CpuPercent: plain,
  CpusetCpus: plain,
  CpusetMems: plain,
  PidsLimit: plain,
  BlkioWeight: plain,
  BlkioDeviceReadBps: plain,
  BlkioDeviceWriteBps: plain,
  BlkioDeviceReadIOps: plain,
  BlkioDeviceWriteIOps: plain,
  IOMaximumIOps: plain,
  IOMaximumBandwidth: plain,
  PortBindings: plain,
  PublishAllPorts: plain,
  RestartPolicy: plain,
  AutoRemove: plain,
  ConsoleSize: plain,
  Dns: plain,
  DnsOptions: plain,
  DnsSearch: plain,
  ExtraHosts: plain,
  GroupAdd: plain,
  Links: plain,
  ReadonlyRootfs: plain,
  ShmSize: plain,
  Init: plain,
};

/** Names of the fields that give a container power over its host. */
export function elevatedHostConfig(config: HostConfig): string[] {
  const fields = Object.keys(config) as (keyof HostConfig)[];
  return fields.filter((field) => {
    const value = config[field];
    if (value === undefined) return false;
    const rule = Object.hasOwn(rules, field) ? (rules[field] as Rule<typeof value>) : isGiven;
    return rule !== plain && rule(value);
  });
}

/** `source:target[:mode]` where the source is a path of the host; a name is a volume. */
function isBind(bind: string): boolean {
  const [source = '', target] = bind.split(':');
  return target !== undefined && /[/\\.~]/.test(source.charAt(0));
}

function isDangerousMount({ Type = '', VolumeOptions, TmpfsOptions }: Mount): boolean {
  const { Name = '', Options = {} } = VolumeOptions?.DriverConfig ?? {};
  if (Type === 'volume') return (Name !== '' && Name !== 'local') || Object.keys(Options).length > 0;
  if (Type === 'tmpfs') return (TmpfsOptions?.Options ?? []).length > 0;
  return Type !== 'image';
}

function isHighUlimit({ Soft = 0, Hard = 0 }: Ulimit): boolean {
  return [Soft, Hard].some((limit) => limit < 0 || limit > highestUlimit);
}
