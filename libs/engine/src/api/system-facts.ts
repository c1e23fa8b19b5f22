import { readFileSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem } from 'node:os';
import { version as gantryVersion } from '@gantry/base';
import type { ApiVersion, VersionRange } from '@gantry/engine-api';

/** How many there are. */
export interface Counts {
  readonly running: number;
  readonly paused: number;
  readonly stopped: number;
  readonly images: number;
}

/** What does not change while the engine runs. */
export interface EngineHostFacts {
  /** The engine's own id, the same after a restart. */
  readonly id: string;
  readonly dataRoot: string;
  /** The kind of file system that the data root is on, as `extfs`. */
  readonly backingFileSystem: string;
  /** When this engine process started. */
  readonly startedAt: Date;
  readonly cgroup: 'v1' | 'hybrid' | 'v2';
  readonly runtime: { readonly name: string; readonly path: string; readonly version: string };
  /** All that containers may ask for: name and program. */
  readonly runtimes: readonly (readonly [name: string, path: string])[];
  readonly defaultRuntime: string;
  readonly cdiSpecDirectories: readonly string[];
  /** The name of the program behind `--init`; '' where there is none. */
  readonly initProgram: string;
  readonly monitor: { readonly name: string; readonly version: string };
  readonly hasUserNamespaces: boolean;
  readonly hasSeccomp: boolean;
  readonly hasAppArmor: boolean;
  readonly defaultLogDriver: string;
  readonly registryMirrors: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly addressPools: readonly { readonly base: string; readonly size: number }[];
  readonly labels: readonly string[];
  /** What `docker info` shows as warnings: a capability that this host lacks, in one sentence each. */
  readonly warnings: readonly string[];
}

const goArch: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const machine: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** The answer of `/version`. */
export function versionOf(facts: EngineHostFacts, { oldest, newest }: VersionRange): unknown {
  const engine = {
    ApiVersion: newest.toString(),
    MinAPIVersion: oldest.toString(),
    GitCommit: '',
    GoVersion: '',
    Os: 'linux',
    Arch: goArch[arch()] ?? arch(),
    KernelVersion: release(),
    BuildTime: '',
  };
  return {
    Platform: { Name: 'Gantry' },
    Version: gantryVersion,
    ...engine,
    Components: [
      { Name: 'Engine', Version: gantryVersion, Details: { ...engine, Experimental: 'false' } },
      { Name: 'node', Version: process.version, Details: {} },
      { Name: facts.runtime.name, Version: facts.runtime.version, Details: { GitCommit: '' } },
      { Name: facts.monitor.name, Version: facts.monitor.version, Details: { GitCommit: '' } },
    ],
  };
}

/** The answer of `/info` in the newest version; `Commit.Expected` is there for versions that have it. */
export function infoOf(facts: EngineHostFacts, counts: Counts, version: ApiVersion): Readonly<Record<string, unknown>> {
  const commit = (id: string) => (version.atLeast('1.49') ? { ID: id } : { ID: id, Expected: id });
  return {
    ID: facts.id,
    Containers: counts.running + counts.paused + counts.stopped,
    ContainersRunning: counts.running,
    ContainersPaused: counts.paused,
    ContainersStopped: counts.stopped,
    Images: counts.images,
    ...storageOf(facts),
    ...resourcesOf(facts),
    ...hostOf(),
    RegistryConfig: registryOf(facts),
    DefaultAddressPools: facts.addressPools.map(({ base, size }) => ({ Base: base, Size: size })),
    GenericResources: null,
    Labels: facts.labels,
    ServerVersion: gantryVersion,
    ExperimentalBuild: false,
    Runtimes: Object.fromEntries(facts.runtimes.map(([name, path]) => [name, { path }])),
    DefaultRuntime: facts.defaultRuntime,
    CDISpecDirs: facts.cdiSpecDirectories,
    Swarm: { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: facts.initProgram,
    ContainerdCommit: commit(''),
    RuncCommit: commit(facts.runtime.version),
    InitCommit: commit(''),
    SecurityOptions: securityOptionsOf(facts),
    Warnings: facts.warnings.length > 0 ? facts.warnings : null,
  };
}

function securityOptionsOf({ hasAppArmor, hasSeccomp, hasUserNamespaces }: EngineHostFacts): string[] {
  return [
    ...(hasAppArmor ? ['name=apparmor'] : []),
    ...(hasSeccomp ? ['name=seccomp,profile=builtin'] : []),
    ...(hasUserNamespaces ? ['name=userns'] : []),
  ];
}

function storageOf({ dataRoot, backingFileSystem, defaultLogDriver }: EngineHostFacts): Readonly<Record<string, unknown>> {
  return {
    Driver: 'overlay2',
    DriverStatus: [
      ['Backing Filesystem', backingFileSystem],
      ['Supports d_type', 'true'],
      ['Native Overlay Diff', 'true'],
      ['userxattr', 'false'],
    ],
    DockerRootDir: dataRoot,
    LoggingDriver: defaultLogDriver,
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'overlay'],
      Authorization: null,
      Log: ['json-file', 'local'],
    },
  };
}

function resourcesOf({ cgroup }: EngineHostFacts): Readonly<Record<string, unknown>> {
  const isV2 = cgroup === 'v2';
  return {
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    OomKillDisable: !isV2,
    IPv4Forwarding: true,
    Debug: false,
    NFd: 0,
    NGoroutines: 0,
    NEventsListener: 0,
    CgroupDriver: 'cgroupfs',
    CgroupVersion: isV2 ? '2' : '1',
  };
}

function hostOf(): Readonly<Record<string, unknown>> {
  const os = osRelease();
  return {
    SystemTime: new Date().toISOString(),
    KernelVersion: release(),
    OperatingSystem: os['PRETTY_NAME'] ?? 'Linux',
    OSVersion: os['VERSION_ID'] ?? '',
    OSType: 'linux',
    Architecture: machine[arch()] ?? arch(),
    NCPU: cpus().length,
    MemTotal: totalmem(),
    Name: hostname(),
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    IndexServerAddress: 'https://index.docker.io/v1/',
  };
}

function registryOf({ registryMirrors, insecureRegistries }: EngineHostFacts): unknown {
  const networks = insecureRegistries.filter((name) => name.includes('/'));
  const hosts = insecureRegistries.filter((name) => !name.includes('/'));
  const insecure = hosts.map((name) => [name, { Name: name, Mirrors: [], Secure: false, Official: false }] as const);
  const mirrors = registryMirrors;
  return {
    InsecureRegistryCIDRs: [...new Set(['127.0.0.0/8', ...networks])],
    IndexConfigs: { 'docker.io': { Name: 'docker.io', Mirrors: mirrors, Secure: true, Official: true }, ...Object.fromEntries(insecure) },
    Mirrors: mirrors,
  };
}

/** Fields of /etc/os-release; the host may lack it. */
function osRelease(): Readonly<Record<string, string>> {
  try {
    const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).replace(/^"(.*)"$/, '$1')]),
    );
  } catch {
    return {};
  }
}
