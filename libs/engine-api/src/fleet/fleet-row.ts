/** One container of one host as every list of the web shows it; computed by the agent, starred fields (*) added by the server. */
export interface FleetRow {
  /** * Slot, unique within an epoch; samples refer to it. */
  readonly key: number;
  /** * */
  readonly host: string;
  readonly id: string;
  readonly name: string;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly health?: 'starting' | 'healthy' | 'unhealthy';
  readonly exit?: { readonly code: number; readonly isOutOfMemory: boolean; readonly atMs: number };
  readonly createdAtMs: number;
  readonly startedAtMs?: number;
  readonly restarts: number;
  readonly image: { readonly ref: string; readonly id: string; readonly digest?: string };
  /** * */
  readonly stack?: { readonly id: string; readonly service: string; readonly source: 'gantry' | 'compose' };
  readonly ports: readonly FleetPort[];
  readonly networks: readonly { readonly name: string; readonly ipv4?: string; readonly ipv6?: string }[];
  readonly volumes: readonly string[];
  /** At most 32 keys and 2 KB; never env, command or mount paths. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels were cut to their limits. */
  readonly isTruncated: boolean;
  readonly limits: { readonly memoryBytes?: number; readonly cpus?: number; readonly pids?: number };
  /** The report sequence of the last change. */
  readonly revision: number;
  readonly observedAtMs: number;
  /** * */
  readonly link: 'live' | 'late' | 'offline';
  /** * Bit mask of the verbs that the audience may use. */
  readonly can: number;
}

export interface FleetPort {
  readonly address: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

/** What the agent knows of a row. */
export type ContainerReport = Omit<FleetRow, 'key' | 'host' | 'stack' | 'link' | 'can'>;

/** Live numbers of one container; rates are per second. */
export interface FleetSample {
  readonly key: number;
  readonly cpuPermille: number;
  readonly memoryBytes: number;
  readonly receiveBps: number;
  readonly sendBps: number;
  readonly readBps: number;
  readonly writeBps: number;
  readonly throttledPermille: number;
  readonly pids: number;
}

/** What no change touches: which container of which host a row is, and what its audience may do with it (that has the snapshot fetched again). */
type Lasting = 'key' | 'host' | 'id' | 'can';

/** What has changed of a row that the reader has: only those fields, each whole; null where the field is no longer there. */
export type FleetChange = { readonly key: number } & {
  readonly [Field in Exclude<keyof FleetRow, Lasting>]?: Field extends OptionalField ? FleetRow[Field] | null : FleetRow[Field];
};

type OptionalField = { [Field in keyof FleetRow]-?: object extends Pick<FleetRow, Field> ? Field : never }[keyof FleetRow];

/**
 * A change of the fleet: rows that are new, what has changed of others, and those that are gone. A gap in the sequence or a new epoch means: fetch the
 * snapshot again.
 */
export interface FleetMessage {
  readonly epoch: string;
  readonly sequence: number;
  readonly upserts: readonly FleetRow[];
  readonly changes: readonly FleetChange[];
  readonly gone: readonly number[];
}
