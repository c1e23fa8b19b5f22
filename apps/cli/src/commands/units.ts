import type { Settings } from '../config.ts';
import { hopeless } from '../parts/keep.ts';

export type UnitName = 'server' | 'agent';

/** The settings that a unit has to repeat, as systemd reads them. */
function environmentLines({
  port,
  enginePort,
  listen,
  url,
  tls,
  isBehindProxy,
  dataRoot,
  runRoot,
  engine,
  dockerSocket,
  databaseUrl,
}: Settings): string[] {
  const values: Record<string, string | undefined> = {
    GANTRY_PORT: String(port),
    GANTRY_ENGINE_PORT: String(enginePort),
    GANTRY_LISTEN: listen,
    GANTRY_URL: url,
    GANTRY_TLS: tls,
    GANTRY_BEHIND_PROXY: isBehindProxy ? 'on' : undefined,
    GANTRY_DATA_ROOT: dataRoot,
    GANTRY_RUN_ROOT: runRoot,
    GANTRY_ENGINE: engine,
    GANTRY_DOCKER_SOCKET: dockerSocket,
    DATABASE_URL: databaseUrl,
  };
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`Environment=${quote(`${name}=${value}`)}`]));
}

/** systemd's own quoting: % begins a specifier, $ is left alone in Environment=. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('%', '%%')}"`;
}

/** In a command line $ begins a variable. */
function argument(text: string): string {
  return quote(text).replaceAll('$', '$$$$');
}

/** Where this machine's agent finds this machine's server, as it stands in a URL. */
function localHost({ listen }: Settings): string {
  if (listen === undefined || listen === '0.0.0.0' || listen === '::') return '127.0.0.1';
  return listen.includes(':') ? `[${listen}]` : listen;
}

export interface UnitSite {
  readonly root: string;
  readonly settings: Settings;
  readonly codeFile: string | undefined;
  /** What it does not know it warns of; 0: nothing is known of it. */
  readonly systemdVersion?: number;
}

/** The unit file of a part. An agent's end leaves containers alone: their monitors are not killed with it (KillMode). */
export function unitFile(name: UnitName, at: UnitSite): string {
  const { root, settings, codeFile, systemdVersion = 0 } = at;
  const code = name === 'agent' && codeFile !== undefined ? ` --code-file ${argument(codeFile)}` : '';
  const local = name === 'server' && codeFile !== undefined ? [`Environment=${quote(`GANTRY_LOCAL_JOIN_CODE_FILE=${codeFile}`)}`] : [];
  const localUrl = `${settings.tls === 'on' ? 'https' : 'http'}://${localHost(settings)}:${settings.port}`;
  const dialled = name === 'agent' && codeFile !== undefined ? [`Environment=${quote(`GANTRY_SERVER_URL=${localUrl}`)}`] : [];
  // Containers get groups beside the agent's in the unit's own.
  const subgroup = systemdVersion >= 254 ? ['DelegateSubgroup=agent'] : [];
  const agentOnly = ['Delegate=yes', ...subgroup, 'KillMode=process', 'TasksMax=infinity', 'LimitNOFILE=1048576', 'OOMScoreAdjust=-500'];
  return [
    '[Unit]',
    `Description=Gantry ${name}`,
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=0', // a database that comes up a minute later than the server is no reason to give up
    '',
    '[Service]',
    // By the shell: systemd takes no program in a folder whose name has quotes in it.
    `ExecStart=/bin/sh ${argument(`${root}/gantry`)} ${name} --no-install${code}`,
    ...environmentLines(settings),
    ...local,
    ...dialled,
    `SyslogIdentifier=gantry-${name}`,
    'Restart=always',
    'RestartSec=1s',
    `RestartPreventExitStatus=2 ${hopeless}`, // a person has to change something first
    ...(name === 'agent' ? agentOnly : ['LimitNOFILE=65536']),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}
