/** How an option is written, and what the API takes: `bytes` and `integer` are numbers there, `lines` a list, `pairs` a record of `name=value` lines. */
export type PlainKind = 'text' | 'integer' | 'bytes' | 'flag' | 'lines' | 'pairs';

export interface PlainOption {
  readonly kind: PlainKind;
  readonly flag: string;
  readonly aliases: readonly string[];
  /** The field of the create request; `HostConfig.` in front of what belongs to the host. */
  readonly at: string;
  /** The key of a service in a compose file; undefined where compose has none. */
  readonly compose?: string;
}

/** The flag, the field, the key of compose (undefined: none), other spellings of the flag. */
type Words = readonly [flag: string, at: string, compose?: string | undefined, ...aliases: string[]];

const option =
  <const Kind extends PlainKind>(kind: Kind) =>
  (...[flag, at, compose, ...aliases]: Words): PlainOption & { readonly kind: Kind; readonly aliases: readonly string[] } => ({
    ...{ kind, flag, at, aliases },
    ...(compose === undefined ? {} : { compose }),
  });
const written = option('text');
const integer = option('integer');
const size = option('bytes');
const flag = option('flag');
const lines = option('lines');
const pairs = option('pairs');

/**
 * The options that mean the same everywhere: one flag of `docker run`, one field of the API (1.51), one key of a compose service. Ports, mounts, networks, health, logging, restart and
 * devices have rules of their own.
 */
export const plainOptions = {
  user: written('--user', 'User', 'user', '-u'),
  workingDirectory: written('--workdir', 'WorkingDir', 'working_dir', '-w'),
  hostname: written('--hostname', 'Hostname', 'hostname', '-h'),
  domainname: written('--domainname', 'Domainname', 'domainname'),
  groupAdd: lines('--group-add', 'HostConfig.GroupAdd', 'group_add'),
  stopSignal: written('--stop-signal', 'StopSignal', 'stop_signal'),
  runtime: written('--runtime', 'HostConfig.Runtime', 'runtime'),
  annotations: pairs('--annotation', 'HostConfig.Annotations', 'annotations'),
  hasTerminal: flag('--tty', 'Tty', 'tty', '-t'),
  hasInput: flag('--interactive', 'OpenStdin', 'stdin_open', '-i'),
  hasInit: flag('--init', 'HostConfig.Init', 'init'),
  isRemoved: flag('--rm', 'HostConfig.AutoRemove'),

  publishesAll: flag('--publish-all', 'HostConfig.PublishAllPorts', undefined, '-P'),
  dns: lines('--dns', 'HostConfig.Dns', 'dns'),
  dnsSearch: lines('--dns-search', 'HostConfig.DnsSearch', 'dns_search'),
  dnsOptions: lines('--dns-option', 'HostConfig.DnsOptions', 'dns_opt', '--dns-opt'),
  extraHosts: lines('--add-host', 'HostConfig.ExtraHosts', 'extra_hosts'),
  links: lines('--link', 'HostConfig.Links', 'external_links'),

  volumesFrom: lines('--volumes-from', 'HostConfig.VolumesFrom'),
  volumeDriver: written('--volume-driver', 'HostConfig.VolumeDriver'),
  storageOptions: pairs('--storage-opt', 'HostConfig.StorageOpt', 'storage_opt'),
  isReadOnly: flag('--read-only', 'HostConfig.ReadonlyRootfs', 'read_only'),
  shmSize: size('--shm-size', 'HostConfig.ShmSize', 'shm_size'),

  memory: size('--memory', 'HostConfig.Memory', 'mem_limit', '-m'),
  memoryReservation: size('--memory-reservation', 'HostConfig.MemoryReservation', 'mem_reservation'),
  memorySwap: size('--memory-swap', 'HostConfig.MemorySwap', 'memswap_limit'),
  memorySwappiness: integer('--memory-swappiness', 'HostConfig.MemorySwappiness', 'mem_swappiness'),
  pids: integer('--pids-limit', 'HostConfig.PidsLimit', 'pids_limit'),
  cpuShares: integer('--cpu-shares', 'HostConfig.CpuShares', 'cpu_shares', '-c'),
  cpuPeriod: integer('--cpu-period', 'HostConfig.CpuPeriod', 'cpu_period'),
  cpuQuota: integer('--cpu-quota', 'HostConfig.CpuQuota', 'cpu_quota'),
  cpuRealtimePeriod: integer('--cpu-rt-period', 'HostConfig.CpuRealtimePeriod', 'cpu_rt_period'),
  cpuRealtimeRuntime: integer('--cpu-rt-runtime', 'HostConfig.CpuRealtimeRuntime', 'cpu_rt_runtime'),
  cpuset: written('--cpuset-cpus', 'HostConfig.CpusetCpus', 'cpuset'),
  memoryNodes: written('--cpuset-mems', 'HostConfig.CpusetMems'),
  blkioWeight: integer('--blkio-weight', 'HostConfig.BlkioWeight'),
  oomScore: integer('--oom-score-adj', 'HostConfig.OomScoreAdj', 'oom_score_adj'),
  survivesOom: flag('--oom-kill-disable', 'HostConfig.OomKillDisable', 'oom_kill_disable'),
  cgroupParent: written('--cgroup-parent', 'HostConfig.CgroupParent', 'cgroup_parent'),

  deviceRules: lines('--device-cgroup-rule', 'HostConfig.DeviceCgroupRules', 'device_cgroup_rules'),
  isPrivileged: flag('--privileged', 'HostConfig.Privileged', 'privileged'),
  capAdd: lines('--cap-add', 'HostConfig.CapAdd', 'cap_add'),
  capDrop: lines('--cap-drop', 'HostConfig.CapDrop', 'cap_drop'),
  pidMode: written('--pid', 'HostConfig.PidMode', 'pid'),
  ipcMode: written('--ipc', 'HostConfig.IpcMode', 'ipc'),
  utsMode: written('--uts', 'HostConfig.UTSMode', 'uts'),
  usernsMode: written('--userns', 'HostConfig.UsernsMode', 'userns_mode'),
  cgroupnsMode: written('--cgroupns', 'HostConfig.CgroupnsMode', 'cgroup'),
  sysctls: pairs('--sysctl', 'HostConfig.Sysctls', 'sysctls'),
} as const satisfies Readonly<Record<string, PlainOption>>;

export type PlainName = keyof typeof plainOptions;
export type FlagName = { [Name in PlainName]: (typeof plainOptions)[Name]['kind'] extends 'flag' ? Name : never }[PlainName];
export type WrittenName = Exclude<PlainName, FlagName>;

export const plainNames = Object.keys(plainOptions) as readonly PlainName[];

export function isFlag(name: PlainName): name is FlagName {
  return plainOptions[name].kind === 'flag';
}
