import { engineOn, revealing } from '../../api/engine.ts';

/** What the page reads of an inspect answer (ContainerInspectResponse of the API). */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly Path?: string;
  readonly Args?: readonly string[];
  readonly Created?: string;
  readonly Driver?: string;
  readonly SizeRw?: number;
  readonly Config?: {
    readonly Env?: readonly string[] | null;
    readonly Tty?: boolean;
    readonly OpenStdin?: boolean;
    readonly Image?: string;
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly Hostname?: string;
    readonly StopSignal?: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly Healthcheck?: HealthCheck | null;
  };
  readonly HostConfig?: HostConfig;
  readonly State?: { readonly Pid?: number; readonly Health?: Health | null };
  readonly Mounts?: readonly MountPoint[] | null;
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, EndpointState>> | null;
    readonly Ports?: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>> | null;
  };
}

export interface HostConfig {
  readonly RestartPolicy?: { readonly Name?: string; readonly MaximumRetryCount?: number };
  readonly NanoCpus?: number;
  readonly Memory?: number;
  readonly PidsLimit?: number | null;
  readonly Privileged?: boolean;
  readonly ReadonlyRootfs?: boolean;
  readonly NetworkMode?: string;
  readonly AutoRemove?: boolean;
  readonly Init?: boolean | null;
  readonly CapAdd?: readonly string[] | null;
  readonly CapDrop?: readonly string[] | null;
  readonly SecurityOpt?: readonly string[] | null;
  readonly Dns?: readonly string[] | null;
  readonly ExtraHosts?: readonly string[] | null;
  readonly Devices?: readonly { readonly PathOnHost?: string; readonly PathInContainer?: string }[] | null;
  readonly LogConfig?: { readonly Type?: string; readonly Config?: Readonly<Record<string, string>> | null };
}

export interface HealthCheck {
  readonly Test?: readonly string[] | null;
  /** Nanoseconds, as all of these. */
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly Retries?: number;
}

export interface Health {
  readonly Status: string;
  readonly FailingStreak?: number;
  /** Oldest first; the engine keeps the last five. */
  readonly Log?: readonly { readonly Start: string; readonly End: string; readonly ExitCode: number; readonly Output: string }[] | null;
}

export interface MountPoint {
  readonly Type: string;
  readonly Name?: string;
  readonly Source?: string;
  readonly Destination: string;
  readonly Mode?: string;
  readonly RW: boolean;
  readonly Propagation?: string;
}

export interface EndpointState {
  readonly NetworkID?: string;
  readonly IPAddress?: string;
  readonly IPPrefixLen?: number;
  readonly Gateway?: string;
  readonly GlobalIPv6Address?: string;
  readonly GlobalIPv6PrefixLen?: number;
  readonly MacAddress?: string;
  readonly Aliases?: readonly string[] | null;
  readonly DNSNames?: readonly string[] | null;
}

/** Values of variables are hidden in it, whoever asks. */
export async function inspectContainer(host: string, id: string, signal: AbortSignal): Promise<Inspected> {
  return (await engineOn(host).call('ContainerInspect', { path: { id } }, signal)).json<Inspected>();
}

/** The variables with their values, for who may see them (else `forbidden`); that they were asked for is in the audit log. */
export async function revealVariables(host: string, id: string, signal: AbortSignal): Promise<Variable[]> {
  const answer = await engineOn(host).call('ContainerInspect', { path: { id }, headers: revealing }, signal);
  return variablesOf((await answer.json<Inspected>()).Config?.Env ?? []);
}

/** The same as `inspectContainer` with what the container has written on top of its image, which the engine has to count. */
export async function inspectSize(host: string, id: string, signal: AbortSignal): Promise<Inspected> {
  return (await engineOn(host).call('ContainerInspect', { path: { id }, query: { size: true } }, signal)).json<Inspected>();
}

export interface Variable {
  readonly name: string;
  readonly value: string;
  /** The guard has put stars in place of the value. */
  readonly isWithheld: boolean;
}

const withheld = /^\*{3,}$/;

/** The environment by name; a value may itself hold `=`. */
export function variablesOf(environment: readonly string[]): Variable[] {
  return environment
    .map((entry) => {
      const cut = entry.indexOf('=');
      const [name, value] = cut < 0 ? [entry, ''] : [entry.slice(0, cut), entry.slice(cut + 1)];
      return { name, value, isWithheld: withheld.test(value) };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}
