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

/** A change of the fleet; a gap in the sequence or a new epoch means: fetch the snapshot again. */
export interface FleetMessage {
  readonly epoch: string;
  readonly sequence: number;
  readonly upserts: readonly FleetRow[];
  readonly gone: readonly number[];
}
