type Body = Readonly<Record<string, unknown>>;
/** `bad-input`: the status in which dockerd 20.10 and its successors differ (`statusOfBadInput`). */
type Status = number | 'bad-input';
type Refusal = readonly [body: Body, message: RegExp, status?: Status, query?: string];

const host = (HostConfig: Body, more: Body = {}): Body => ({ ...more, HostConfig });
const shared = (HostConfig: Body, more: Body = {}): Body => host({ NetworkMode: 'container:x', ...HostConfig }, more);

/** What cannot be asked for. */
export const refusedAtCreate: readonly Refusal[] = [
  [{ Env: ['=x'] }, /^invalid environment variable: =x$/],
  [
    host({ CpuRealtimePeriod: 1000, CpuRealtimeRuntime: 2000 }),
    /^cpu real-time runtime cannot be higher than cpu real-time period$/,
    'bad-input',
  ],
  [{ WorkingDir: 'rel' }, /^the working directory 'rel' is invalid, it needs to be an absolute path$/],
  [{ StopSignal: 'SIGNOPE' }, /^invalid signal: SIGNOPE$/i],
  [{ Healthcheck: { Interval: 10 } }, /^Interval in Healthcheck cannot be less than 1ms$/],
  [{ Healthcheck: { Retries: -1 } }, /^Retries in Healthcheck cannot be negative$/],
  [host({ CapAdd: ['NOPE'] }), /^invalid CapAdd: unknown capability: "CAP_NOPE"$/],
  [host({ CapDrop: ['cap_nope'] }), /^invalid CapDrop: unknown capability: "CAP_NOPE"$/],
  [host({ SecurityOpt: ['foo'] }), /^invalid --security-opt 1: "foo"$/, 'bad-input'],
  [host({ SecurityOpt: ['foo=bar'] }), /^invalid --security-opt 2: "foo=bar"$/, 'bad-input'],
  [host({ UTSMode: 'host' }, { Hostname: 'x' }), /^conflicting options: hostname and the UTS mode$/],
  [host({ CgroupnsMode: 'foo' }), /^invalid cgroup namespace mode: foo$/],
  [host({ PidMode: 'container:nope' }), /^No such container: nope$/],
  [host({ IpcMode: 'container:nope' }), /^No such container: nope$/],
  [shared({}, { Hostname: 'x' }), /^conflicting options: hostname and the network mode$/],
  [shared({}, { ExposedPorts: { '80/tcp': {} } }), /^conflicting options: port exposing and the container type network mode$/],
  [shared({}, { MacAddress: '02:42:00:00:00:09' }), /^conflicting options: mac-address and the network mode$/],
  [shared({ Dns: ['1.2.3.4'] }), /^conflicting options: dns and the network mode$/],
  [shared({ ExtraHosts: ['a:1.2.3.4'] }), /^conflicting options: custom host-to-IP mapping and the network mode$/],
  [shared({ PublishAllPorts: true }), /^conflicting options: port publishing and the container type network mode$/],
  [shared({ Links: ['x:y'] }), /^conflicting options: container type network can't be used with links/],
  [host({ NetworkMode: 'host', Links: ['x:y'] }), /^conflicting options: host type networking can't be used with links/],
  [host({ Links: ['nope:o'] }), /^could not get container for nope: No such container: nope$/],
  [host({ ShmSize: -1 }), /^SHM size can not be less than 0$/],
  [host({ OomScoreAdj: 1001 }), /^Invalid value 1001, range for oom score adj is \[-1000, 1000\]$/],
  [host({ CpuPeriod: 5 }), /^CPU cfs period can not be less than 1ms/],
  [host({ CpuQuota: 5 }), /^CPU cfs quota can not be less than 1ms/],
  [host({ NanoCpus: 1e8, CpuPeriod: 1e5 }), /^Conflicting options: Nano CPUs and CPU Period cannot both be set$/],
  [host({ CpusetCpus: 'x' }), /^Invalid value x for cpuset cpus: invalid format: x$/],
  [host({ CpusetMems: '999' }), /^Requested memory nodes are not available - requested 999, available: 0/],
  [host({ Memory: 1000 }), /^Minimum memory limit allowed is 6MB$/],
  [host({ Memory: 33_554_432, MemoryReservation: 67_108_864 }), /^Minimum memory limit can not be less than memory reservation limit/],
  [host({ MemorySwappiness: 101 }), /^Invalid value: 101, valid memory swappiness range is 0-100$/],
  [host({ IOMaximumIOps: 5 }), /^Invalid QoS settings: linux does not support configuration of maximum IOPs$/, 'bad-input'],
  [host({ Isolation: 'hyperv' }), /^Invalid isolation: "hyperv" - linux only supports 'default'$/, 'bad-input'],
  [host({ StorageOpt: { size: '1G' } }), /^--storage-opt is supported only for overlay over xfs with 'pquota' mount option$/, 'bad-input'],
  [host({ LogConfig: { Type: 'json-file', Config: { foo: 'x' } } }), /^unknown log opt 'foo' for json-file log driver$/],
  [host({ LogConfig: { Type: 'local', Config: { foo: 'x' } } }), /^unknown log opt 'foo' for log driver local$/],
  [host({ LogConfig: { Type: 'json-file', Config: { mode: 'x' } } }), /^logger: logging mode not supported: x$/],
  [host({ Runtime: 'nope' }), /runtime.* nope$/i],
  [host({ Binds: ['rel/x:/h'] }), /^create rel\/x: "rel\/x" includes invalid characters for a local volume name/],
  [host({ Binds: ['/tmp:/'] }), /^invalid volume specification: '\/tmp:\/': .*destination can't be '\/'$/, 'bad-input'],
  [host({ Mounts: [{ Type: 'foo', Target: '/x' }] }), /^invalid mount config for type "foo": mount type unknown$/],
  [
    host({ Mounts: [{ Type: 'tmpfs', Source: '/x', Target: '/x' }] }),
    /^invalid mount config for type "tmpfs": field Source must not be specified$/,
  ],
  [
    host({ Mounts: [{ Type: 'bind', Source: '/etc', Target: 'rel' }] }),
    /^invalid mount config for type "bind": invalid mount path: 'rel' mount path must be absolute$/,
  ],
  [host({ Mounts: [{ Type: 'bind', Source: '/none', Target: '/x' }] }), /bind source path does not exist: \/none$/],
  [{}, /^image with reference busybox was found but .*does not match the specified platform/, 404, 'platform=linux/s390x'],
  [{}, /^"a\/b\/c\/d": cannot parse platform specifier/, 400, 'platform=a/b/c/d'],
];

/** What is found out when it is wanted. */
export const refusedAtStart: readonly (readonly [body: Body, message: RegExp, status?: Status])[] = [
  [{ User: 'nobodyhere' }, /^unable to find user nobodyhere: no matching entries in passwd file$/],
  [{ User: 'www:nogroup' }, /^unable to find group nogroup: no matching entries in group file$/],
  [
    host({ SecurityOpt: ['seccomp={x'] }),
    /^Decoding seccomp profile failed: invalid character 'x' looking for beginning of object key string$/,
  ],
  [host({ IpcMode: 'foo' }), /^Invalid IPC mode: foo$/],
  [host({ NetworkMode: 'nope' }), /^network nope not found$/, 404],
  [host({ NetworkMode: 'container:nope' }), /^No such container: nope$/, 404],
  [
    host({ Devices: [{ PathOnHost: '/dev/nope', CgroupPermissions: 'rwm' }] }),
    /adding custom device "\/dev\/nope": no such file or directory$/,
  ],
  [
    host({ Devices: [{ PathOnHost: '/etc/passwd', CgroupPermissions: 'rwm' }] }),
    /adding custom device "\/etc\/passwd": not a device node$/,
  ],
  [host({ DeviceCgroupRules: ['x 1:2 r'] }), /^invalid device cgroup rule format: 'x 1:2 r'$/],
  [
    host({ DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] }),
    /^could not select device driver "" with capabilities: \[\[gpu\]\]$/,
  ],
  [host({ Ulimits: [{ Name: 'nope', Soft: 1, Hard: 1 }] }), /wrong rlimit value: RLIMIT_NOPE/],
  [host({ Sysctls: { 'kernel.pid_max': '999' } }), /sysctl "kernel.pid_max" is not in a separate kernel namespace/, 500],
  [
    host({ NetworkMode: 'host', Sysctls: { 'net.ipv4.ip_forward': '1' } }),
    /sysctl "net.ipv4.ip_forward" not allowed in host network namespace/,
    500,
  ],
  [host({ Tmpfs: { '/t': 'foo=bar' } }), /^invalid tmpfs option \["foo" "bar"\]$/],
  [host({ LogConfig: { Type: 'json-file', Config: { 'max-size': 'x' } } }), /^failed to initialize logging driver: invalid size: 'x'$/],
  [host({ BlkioDeviceReadBps: [{ Path: '/dev/nope', Rate: 1 }] }), /^stat \/dev\/nope: no such file or directory$/],
];
