import { isIP } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Trouble } from './trouble.ts';

/** What a command was told, by flags (which win) and variables. */
export interface Settings {
  readonly port: number;
  /** Where the server's engines answer to client certificates. */
  readonly enginePort: number | 'off';
  readonly listen: string | undefined;
  readonly url: string | undefined;
  readonly tls: 'on' | 'off';
  readonly isBehindProxy: boolean;
  readonly dataRoot: string;
  readonly runRoot: string;
  readonly engine: 'auto' | 'native' | 'docker';
  readonly dockerSocket: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly mayInstall: boolean;
}

export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** The settings of a command; a wrong one is named as it was given. */
export function readSettings(flags: Flags, environment: NodeJS.ProcessEnv = process.env): Settings {
  const read = (flag: string, variable: string): Given => given(flags, environment, { flag, variable });
  const port = portOf(read('port', 'GANTRY_PORT')) ?? 7443;
  return {
    port,
    enginePort: enginePortOf(read('engine-port', 'GANTRY_ENGINE_PORT'), port),
    listen: listenOf(read('listen', 'GANTRY_LISTEN')),
    url: urlOf(read('url', 'GANTRY_URL')),
    tls: oneOf(read('tls', 'GANTRY_TLS'), ['on', 'off']),
    isBehindProxy: flags['behind-proxy'] === true || oneOf(read('', 'GANTRY_BEHIND_PROXY'), ['off', 'on']) === 'on',
    dataRoot: rootOf(read('data-root', 'GANTRY_DATA_ROOT'), '/var/lib/gantry'),
    runRoot: rootOf(read('run-root', 'GANTRY_RUN_ROOT'), '/run/gantry'),
    engine: oneOf(read('engine', 'GANTRY_ENGINE'), ['auto', 'native', 'docker']),
    dockerSocket: read('docker-socket', 'GANTRY_DOCKER_SOCKET').value,
    databaseUrl: read('', 'DATABASE_URL').value,
    mayInstall: flags['no-install'] !== true,
  };
}

/** Where the server puts a join code for the agent of its own machine. */
export function localJoinCodeFile({ runRoot }: Settings): string {
  return join(runRoot, 'local-join-code');
}

/** The environment of a part: what was there, and the settings by their variables. */
export function environmentOf(settings: Settings, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { port, enginePort, listen, url, tls, isBehindProxy, dataRoot, runRoot, engine, dockerSocket } = settings;
  return {
    ...process.env,
    NODE_ENV: 'production',
    GANTRY_PORT: String(port),
    GANTRY_ENGINE_PORT: String(enginePort),
    GANTRY_LISTEN: listen ?? '',
    GANTRY_URL: url ?? '',
    GANTRY_TLS: tls,
    GANTRY_BEHIND_PROXY: isBehindProxy ? 'on' : 'off',
    GANTRY_DATA_ROOT: dataRoot,
    GANTRY_RUN_ROOT: runRoot,
    GANTRY_ENGINE: engine,
    GANTRY_DOCKER_SOCKET: dockerSocket ?? '',
    ...more,
  };
}

/** The environment of a program that installs packages: it asks nothing. */
export function installerEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
}

/** Where the docker CLI of the person keeps what it knows, as it finds that itself. */
export function dockerConfigRoot(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['DOCKER_CONFIG'] || join(homedir(), '.docker');
}

/** Where a person's own sockets are. */
export function personalRunRoot(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['XDG_RUNTIME_DIR'] || tmpdir();
}

/** Where programs are looked for: those of the administrator too, which a plain user's path may lack. */
export function programPath(environment: NodeJS.ProcessEnv = process.env): string[] {
  return [...new Set([...(environment['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'])].filter((path) => path !== '');
}

interface Given {
  readonly value: string | undefined;
  /** As the person gave it, `--port abc` or `GANTRY_PORT=abc`. */
  readonly asGiven: string;
}

function given(flags: Flags, environment: NodeJS.ProcessEnv, { flag, variable }: { flag: string; variable: string }): Given {
  const flagged = flag === '' ? undefined : flags[flag];
  if (typeof flagged === 'string') return { value: flagged, asGiven: `--${flag} ${flagged}` };
  const value = environment[variable] === '' ? undefined : environment[variable];
  return { value, asGiven: `${variable}=${value ?? ''}` };
}

function portOf({ value, asGiven }: Given): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535) throw new Trouble(`${asGiven} is not a port: expected a number from 0 to 65535`, 2);
  return port;
}

/** Next to the other one where nothing is said. */
function enginePortOf(given: Given, port: number): number | 'off' {
  if (given.value === 'off') return 'off';
  return portOf(given) ?? (port === 0 || port === 65_535 ? 0 : port + 1);
}

function listenOf({ value, asGiven }: Given): string | undefined {
  if (value === undefined || value === 'localhost' || isIP(value) > 0) return value;
  throw new Trouble(`${asGiven} is not an address to listen on: expected an IPv4 or IPv6 address, or localhost`, 2);
}

function urlOf({ value, asGiven }: Given): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.parse(value);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new Trouble(`${asGiven} is not an http or https address`, 2);
  return url.origin;
}

function oneOf<const T extends string>({ value, asGiven }: Given, allowed: readonly [T, ...T[]]): T {
  if (value === undefined) return allowed[0];
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw new Trouble(`${asGiven} is not one of ${allowed.join(', ')}`, 2);
  return found;
}

function rootOf({ value, asGiven }: Given, usual: string): string {
  if (value === undefined) return usual;
  if (!value.startsWith('/')) throw new Trouble(`${asGiven} is not an absolute path`, 2);
  return value.replace(/\/+$/, '') || '/';
}
