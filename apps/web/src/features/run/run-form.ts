import { type FlagName, plainNames, plainOptions, type WrittenName } from './plain-options.ts';
import type { restartPolicies } from './restart-policies.ts';

export interface PortForm {
  /** `8080`, `127.0.0.1:8080`, a range, or nothing: the engine chooses. */
  readonly host: string;
  /** A port or a range. */
  readonly container: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

export interface PairForm {
  readonly name: string;
  readonly value: string;
}

export interface MountForm {
  /** A volume by its name, a path of the host, memory, or (with no source) a volume that gets no name. */
  readonly kind: 'volume' | 'bind' | 'tmpfs';
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
  /** What stands behind the second colon of `-v`, or behind the colon of `--tmpfs`: `z,nocopy`, `size=64m`. */
  readonly options: string;
}

export interface NetworkForm {
  /** A network by its name, or `bridge`, `host`, `none`, `container:<name>` in the first row. */
  readonly name: string;
  /** Apart by blanks or commas. */
  readonly aliases: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly mac: string;
  /** Which network the way out goes through: the highest. */
  readonly priority: string;
}

export const emptyPort: PortForm = { host: '', container: '', protocol: 'tcp' };
export const emptyMount: MountForm = { kind: 'volume', source: '', target: '', isReadOnly: false, options: '' };
export const emptyNetwork: NetworkForm = { name: '', aliases: '', ipv4: '', ipv6: '', mac: '', priority: '' };

export const healthKinds = ['image', 'shell', 'exec', 'none'] as const;
export const pullPolicies = ['missing', 'always', 'never'] as const;

/** Options with rules of their own. */
export interface SpecialForm {
  readonly image: string;
  readonly name: string;
  readonly platform: string;
  readonly pull: (typeof pullPolicies)[number];
  /** As a shell reads them. */
  readonly command: string;
  readonly entrypoint: string;
  /** The image's entrypoint is taken away: not the same as leaving it. */
  readonly hasNoEntrypoint: boolean;
  readonly ports: readonly PortForm[];
  /** Ports that are told to others and not published, one a line. */
  readonly expose: string;
  readonly environment: readonly PairForm[];
  readonly labels: readonly PairForm[];
  readonly mounts: readonly MountForm[];
  readonly networks: readonly NetworkForm[];
  readonly restart: (typeof restartPolicies)[number];
  readonly restartTries: string;
  readonly cpus: string;
  readonly stopTimeout: string;
  readonly health: (typeof healthKinds)[number];
  readonly healthCommand: string;
  readonly healthInterval: string;
  readonly healthTimeout: string;
  readonly healthStartPeriod: string;
  readonly healthStartInterval: string;
  readonly healthRetries: string;
  readonly logDriver: string;
  /** `name=value`, one a line, as all lists of pairs but variables and labels. */
  readonly logOptions: string;
  readonly securityOptions: string;
  /** `/dev/x[:/dev/y[:rwm]]`, one a line. */
  readonly devices: string;
  /** `all`, a number, or `device=0,1`. */
  readonly gpus: string;
  /** `name=soft[:hard]`, one a line. */
  readonly ulimits: string;
  readonly blkioWeightDevices: string;
  readonly readBps: string;
  readonly writeBps: string;
  readonly readIops: string;
  readonly writeIops: string;
  /** Whatever else the request is to hold, as JSON. */
  readonly other: string;
}

/** What the person has filled in, as written. Empty rows of lists, and empty lines, count as nothing. */
export type RunForm = SpecialForm & Readonly<Record<WrittenName, string>> & Readonly<Record<FlagName, boolean>>;
export type MutableRunForm = { -readonly [Key in keyof RunForm]: RunForm[Key] };

const special: SpecialForm = {
  ...{ image: '', name: '', platform: '', pull: 'missing', command: '', entrypoint: '', hasNoEntrypoint: false },
  ...{ ports: [], expose: '', environment: [], labels: [], mounts: [], networks: [], restart: 'unless-stopped', restartTries: '' },
  ...{ cpus: '', stopTimeout: '', health: 'image', healthCommand: '', healthInterval: '', healthTimeout: '', healthStartPeriod: '' },
  ...{ healthStartInterval: '', healthRetries: '', logDriver: '', logOptions: '', securityOptions: '', devices: '', gpus: '', ulimits: '' },
  ...{ blkioWeightDevices: '', readBps: '', writeBps: '', readIops: '', writeIops: '', other: '' },
};

const plain = Object.fromEntries(plainNames.map((name) => [name, plainOptions[name].kind === 'flag' ? false : '']));

export const emptyForm: RunForm = { ...special, ...(plain as Pick<RunForm, WrittenName | FlagName>) };

export function filledPorts({ ports }: Pick<RunForm, 'ports'>): readonly PortForm[] {
  return ports.filter(({ host, container }) => host.trim() || container.trim());
}

export function filledPairs(pairs: readonly PairForm[]): readonly PairForm[] {
  return pairs.filter(({ name, value }) => name.trim() || value.trim());
}

export function filledMounts({ mounts }: Pick<RunForm, 'mounts'>): readonly MountForm[] {
  return mounts.filter(({ source, target }) => source.trim() || target.trim());
}

export function filledNetworks({ networks }: Pick<RunForm, 'networks'>): readonly NetworkForm[] {
  return networks.filter(({ name }) => name.trim());
}

/** Lines with something in them. */
export function linesOf(written: string): string[] {
  return written
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** Lines of `name=value`; one without `=` has no value. */
export function pairsOf(written: string): [string, string][] {
  return linesOf(written).map((line) => {
    const cut = line.indexOf('=');
    return cut < 0 ? [line, ''] : [line.slice(0, cut).trim(), line.slice(cut + 1)];
  });
}

/** Modes that join no network of the engine by an endpoint. */
export function isModeOnly(network: string): boolean {
  return ['bridge', 'default', 'host', 'none'].includes(network) || network.startsWith('container:');
}
