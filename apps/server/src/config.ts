import { isIPv6 } from 'node:net';
import { Failure } from '@gantry/base';
import * as z from 'zod';

const onOff = z.enum(['on', 'off']);

const Environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  GANTRY_DATA_ROOT: z.string().min(1).default('/var/lib/gantry'),
  GANTRY_RUN_ROOT: z.string().min(1).default('/run/gantry'),
  GANTRY_LISTEN: z.union([z.ipv4(), z.ipv6(), z.literal('localhost')]).optional(),
  GANTRY_PORT: z.coerce.number().int().min(0).max(65_535).default(7443),
  GANTRY_ENGINE_PORT: z.union([z.literal('off'), z.coerce.number().int().min(0).max(65_535)]).optional(),
  GANTRY_TLS: onOff.default('on'),
  GANTRY_BEHIND_PROXY: onOff.default('off'),
  GANTRY_URL: z.url({ protocol: /^https?$/ }).optional(),
  GANTRY_RECORDING_DAYS: z.coerce.number().int().min(1).max(3650).default(30),
  GANTRY_TERMINAL_KEEP_MINUTES: z.coerce.number().int().min(1).max(1440).default(10),
  GANTRY_LOCAL_JOIN_CODE_FILE: z.string().min(1).optional(),
  GANTRY_SECRETS_KEY_FILE: z.string().min(1).optional(),
  GANTRY_AUDIT_HEADS_TO: z.url({ protocol: /^(https?|syslog|syslog\+tcp)$/ }).optional(),
});

export interface ServerConfig {
  /** An external PostgreSQL; undefined means the embedded one. */
  readonly databaseUrl: string | undefined;
  readonly dataRoot: string;
  readonly runRoot: string;
  /** One address; undefined means all of them. */
  readonly listen: string | undefined;
  /** 0 lets the kernel choose a free one. */
  readonly port: number;
  /** Where engines answer to client certificates, by TLS always; 0 lets the kernel choose a free one, undefined: nowhere. */
  readonly enginePort: number | undefined;
  /** Serve https with a certificate of our own authority. */
  readonly tls: boolean;
  /** A proxy ends TLS, or hides the callers' addresses: `X-Forwarded-For` of its last hop is believed, and only `url` is an own origin. */
  readonly behindProxy: boolean;
  /** How people reach this server, without a path: the name in certificate and install lines. */
  readonly url: string | undefined;
  /** How long recorded terminals are kept. */
  readonly recordingDays: number;
  /** How long a terminal goes on that nobody is attached to. */
  readonly terminalKeepMinutes: number;
  /** Where the agent of this machine finds its join code. */
  readonly localJoinCodeFile: string | undefined;
  /** The key that seals secrets in the database; undefined means a file under the data root. */
  readonly secretsKeyFile: string | undefined;
  /** Where signed heads of the audit log go besides their file. */
  readonly auditHeadsTo?: string | undefined;
}

/** Reads the server's settings; fails with `invalid` and names the wrong ones. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): ServerConfig {
  const parsed = Environment.safeParse(withoutEmpty(environment));
  if (!parsed.success) throw new Failure('invalid', `wrong setting: ${z.prettifyError(parsed.error)}`);
  const config = toConfig(parsed.data);
  if (config.behindProxy && config.url === undefined) {
    throw new Failure('invalid', 'wrong setting: GANTRY_BEHIND_PROXY=on needs GANTRY_URL, the address that browsers use');
  }
  if (!config.tls && !config.behindProxy && !isLoopback(config.listen)) {
    throw new Failure(
      'invalid',
      'wrong setting: GANTRY_TLS=off would send passwords in the clear: set GANTRY_LISTEN=127.0.0.1, or GANTRY_BEHIND_PROXY=on where a proxy serves https',
    );
  }
  return Object.freeze(config);
}

function toConfig(data: z.infer<typeof Environment>): ServerConfig {
  return {
    databaseUrl: data.DATABASE_URL,
    dataRoot: data.GANTRY_DATA_ROOT,
    runRoot: data.GANTRY_RUN_ROOT,
    listen: data.GANTRY_LISTEN,
    port: data.GANTRY_PORT,
    enginePort: enginePortOf(data),
    tls: data.GANTRY_TLS === 'on',
    behindProxy: data.GANTRY_BEHIND_PROXY === 'on',
    url: data.GANTRY_URL === undefined ? undefined : new URL(data.GANTRY_URL).origin,
    recordingDays: data.GANTRY_RECORDING_DAYS,
    terminalKeepMinutes: data.GANTRY_TERMINAL_KEEP_MINUTES,
    localJoinCodeFile: data.GANTRY_LOCAL_JOIN_CODE_FILE,
    secretsKeyFile: data.GANTRY_SECRETS_KEY_FILE,
    auditHeadsTo: data.GANTRY_AUDIT_HEADS_TO,
  };
}

/** Beside the other one where nothing is said. */
function enginePortOf({ GANTRY_ENGINE_PORT: given, GANTRY_PORT: port }: z.infer<typeof Environment>): number | undefined {
  if (given === 'off') return undefined;
  return given ?? (port === 0 || port === 65_535 ? 0 : port + 1);
}

/** A variable that is set to nothing says nothing. */
function withoutEmpty(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

/** Whether an address to listen on, or that of a peer, is of this machine alone. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  return address === 'localhost' || address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** Whether listening on it is listening on all addresses; those that it stands for are then the ones to tell others. */
export function isEverywhere(address: string | undefined): boolean {
  return address === undefined || address === '0.0.0.0' || address === '::';
}

/** An address as it stands in a URL. */
export function hostInUrl(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}
