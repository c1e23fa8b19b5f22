import { type PlainName, plainOptions } from './plain-options.ts';
import type { RunForm } from './run-form.ts';

export type FieldKind = 'text' | 'area' | 'flag' | 'choice' | 'ports' | 'pairs' | 'mounts' | 'networks';

export interface RunField {
  readonly name: keyof RunForm;
  readonly kind: FieldKind;
  /** An example. */
  readonly example?: string;
}

export interface RunSection {
  readonly name: 'program' | 'network' | 'storage' | 'resources' | 'health' | 'logging' | 'security' | 'rest';
  readonly fields: readonly RunField[];
}

const line = (name: keyof RunForm, example = ''): RunField => ({ name, kind: 'text', example });
const area = (name: keyof RunForm, example = ''): RunField => ({ name, kind: 'area', example });
const flag = (name: keyof RunForm): RunField => ({ name, kind: 'flag' });
const choice = (name: keyof RunForm): RunField => ({ name, kind: 'choice' });

/** What most people fill in, always in view. */
export const commonFields: readonly RunField[] = [
  line('command'),
  { name: 'ports', kind: 'ports' },
  { name: 'environment', kind: 'pairs' },
  { name: 'mounts', kind: 'mounts' },
  { name: 'networks', kind: 'networks' },
];

/** The rest, folded, in the order in which people ask for it. */
export const sections: readonly RunSection[] = [
  {
    name: 'resources',
    fields: [
      ...[line('memory', '512m'), line('cpus', '1.5'), line('pids', '200'), line('memoryReservation', '256m'), line('memorySwap', '1g')],
      ...[line('shmSize', '64m'), area('ulimits', 'nofile=1024:4096'), line('cpuShares', '512'), line('cpuset', '0-2,4')],
      ...[line('cpuPeriod', '100000'), line('cpuQuota', '50000'), line('memoryNodes', '0'), line('memorySwappiness', '10')],
      ...[line('oomScore', '100'), flag('survivesOom'), line('blkioWeight', '500'), area('blkioWeightDevices', '/dev/sda:300')],
      ...[area('readBps', '/dev/sda:10m'), area('writeBps', '/dev/sda:10m'), area('readIops', '/dev/sda:500')],
      ...[area('writeIops', '/dev/sda:500'), line('cpuRealtimePeriod'), line('cpuRealtimeRuntime'), line('cgroupParent', '/team')],
    ],
  },
  {
    name: 'program',
    fields: [
      ...[line('entrypoint', '/entry.sh --fast'), flag('hasNoEntrypoint'), line('workingDirectory', '/app'), line('user', '1000:1000')],
      ...[area('groupAdd', 'audio'), { name: 'labels', kind: 'pairs' } as const, flag('hasTerminal'), flag('hasInput'), flag('hasInit')],
      ...[line('stopSignal', 'SIGTERM'), line('stopTimeout', '30'), choice('pull'), line('platform', 'linux/arm64'), flag('isRemoved')],
      ...[line('runtime', 'runsc'), area('annotations', 'name=value')],
    ],
  },
  {
    name: 'network',
    fields: [
      ...[line('hostname', 'web'), line('domainname', 'example.org'), area('extraHosts', 'db:10.0.0.5'), area('dns', '1.1.1.1')],
      ...[
        area('dnsSearch', 'example.org'),
        area('dnsOptions', 'ndots:2'),
        area('expose', '8080'),
        flag('publishesAll'),
        area('links', 'db:database'),
      ],
    ],
  },
  {
    name: 'storage',
    fields: [...[flag('isReadOnly'), area('volumesFrom', 'data:ro'), line('volumeDriver', 'local'), area('storageOptions', 'size=10G')]],
  },
  {
    name: 'health',
    fields: [
      ...[choice('health'), line('healthCommand', 'curl -f http://localhost/'), line('healthInterval', '30s'), line('healthTimeout', '5s')],
      ...[line('healthRetries', '3'), line('healthStartPeriod', '10s'), line('healthStartInterval', '1s')],
    ],
  },
  { name: 'logging', fields: [line('logDriver', 'json-file'), area('logOptions', 'max-size=10m')] },
  {
    name: 'security',
    fields: [
      ...[area('capDrop', 'ALL'), area('capAdd', 'NET_BIND_SERVICE'), area('securityOptions', 'no-new-privileges'), flag('isPrivileged')],
      ...[
        area('devices', '/dev/ttyUSB0'),
        line('gpus', 'all'),
        area('deviceRules', 'c 42:* rmw'),
        area('sysctls', 'net.core.somaxconn=1024'),
      ],
      ...[
        line('pidMode', 'host'),
        line('ipcMode', 'shareable'),
        line('utsMode', 'host'),
        line('usernsMode', 'host'),
        line('cgroupnsMode', 'private'),
      ],
    ],
  },
  { name: 'rest', fields: [area('other', '{ "HostConfig": { "Annotations": {} } }')] },
];

/** Flags of the command by which people look for a field that is not a plain one. */
const otherFlags: Partial<Record<keyof RunForm, string>> = {
  entrypoint: '--entrypoint',
  stopTimeout: '--stop-timeout',
  pull: '--pull',
  platform: '--platform',
  labels: '--label -l',
  expose: '--expose',
  cpus: '--cpus',
  ulimits: '--ulimit',
  blkioWeightDevices: '--blkio-weight-device',
  readBps: '--device-read-bps',
  writeBps: '--device-write-bps',
  readIops: '--device-read-iops',
  writeIops: '--device-write-iops',
  health: '--health-cmd --no-healthcheck',
  healthCommand: '--health-cmd',
  healthInterval: '--health-interval',
  healthTimeout: '--health-timeout',
  healthRetries: '--health-retries',
  healthStartPeriod: '--health-start-period',
  healthStartInterval: '--health-start-interval',
  logDriver: '--log-driver',
  logOptions: '--log-opt',
  securityOptions: '--security-opt',
  devices: '--device',
  gpus: '--gpus',
};

/** The flag of `docker run` that a field stands for; '' where it has none. */
export function flagOf(name: keyof RunForm): string {
  if (!(name in plainOptions)) return otherFlags[name] ?? '';
  const { flag: word, aliases } = plainOptions[name as PlainName];
  return [word, ...aliases].join(' ');
}

/** How many fields of a section are filled in. */
export function filledIn({ fields }: RunSection, form: RunForm): number {
  return fields.filter(({ name }) => {
    const value = form[name];
    if (name === 'pull') return value !== 'missing';
    if (name === 'health') return value !== 'image';
    return typeof value === 'boolean' ? value : value.length > 0;
  }).length;
}
