import { permissions, type RoleName, roles } from '@gantry/access';
import type { EventPage, FleetEvent, History, Host, Me, Overview } from '@gantry/contract';
import type { FleetRow, FleetSample } from '@gantry/engine-api';

const everyVerb = 0x7ffff;
const gibibyte = 1024 ** 3;

/** The same numbers in every run, so that pictures and counts can be compared. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

export const hostNames = [
  'iad1-db-02',
  'edge-rpi-02',
  'fra1-node-03',
  'sha2-gpu-01',
  'fra1-node-04',
  'edge-rpi-03',
  'iad1-node-02',
  'edge-rpi-01',
  'lab-nuc-01',
];
const images = [
  'nginx:1.29-alpine',
  'valkey/valkey:9-alpine',
  'grafana/grafana:12.3.0',
  'ghcr.io/acme/api:2.14.3',
  'postgres:18.1',
  'rabbitmq:4.2-management',
  'traefik:v3.6',
];
const stacks = ['shop', 'auth', 'edge', 'ml', 'billing', 'media', 'search', 'ci'];
const services = ['api', 'web', 'worker', 'db', 'cache', 'proxy', 'queue'];

/** Somebody in a role, with what it holds. */
export function person(role: RoleName): Me {
  return { ...owner, role, permissions: [...roles[role].permissions] };
}

export const owner: Me = {
  id: '00000000-0000-4000-8000-000000000001',
  name: 'lin.wei',
  role: 'owner',
  permissions: [...permissions],
  preferences: { theme: 'dark', locale: 'en', density: 'comfortable' },
  needsSecondFactor: false,
  sessionEndsAt: '2030-01-01T00:00:00.000Z',
};

export function hostId(index: number): string {
  return `10000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

/** A group with two of the hosts in it. */
export const groupDouble = { id: hostId(90), name: 'production', hosts: [hostId(1), hostId(2)], createdAt: '2026-01-05T10:00:00.000Z' };

function loadDouble(index: number): NonNullable<Host['load']> {
  const random = randomFrom((index + 3) * 7919);
  random();
  return {
    atMs: Date.now(),
    cpuPermille: 300 + random() * 300,
    memoryBytes: (0.4 + random() * 0.35) * 144 * gibibyte,
    memoryTotalBytes: 144 * gibibyte,
    diskUsedBytes: (index === 1 ? 0.96 : 0.3 + random() * 0.4) * 900 * gibibyte,
    diskTotalBytes: 900 * gibibyte,
    receiveBps: 3_200_000 * random(),
    sendBps: 2_200_000 * random(),
    readBps: 500_000 * random(),
    writeBps: 900_000 * random(),
    load1: 4.2,
  };
}

/** A host as the double reports it; the first one is offline, the second one's disk is nearly full. */
export function hostDouble(index: number, containers: number): Host {
  const isOffline = index === 0 && containers > 0;
  return {
    id: hostId(index),
    name: hostNames[index % hostNames.length] ?? `host-${index}`,
    status: 'active',
    link: isOffline ? 'offline' : 'live',
    lastSeenAt: new Date(Date.now() - (isOffline ? 240_000 : 0)).toISOString(),
    joinedAt: '2026-01-12T09:30:00.000Z',
    keyFingerprint: 'SHA256:4fQe9c1mXlWq2n8xv0b7u3Ty',
    labels: index % 3 === 1 ? { site: 'edge' } : { site: 'fra1', env: 'prod' },
    facts: {
      hostname: hostNames[index % hostNames.length] ?? 'host',
      operatingSystem: 'Debian GNU/Linux 13',
      kernel: '6.12.48',
      architecture: 'x86_64',
      cpus: 36,
      memoryBytes: 144 * gibibyte,
      agentVersion: '0.1.0',
      engine: {
        kind: index % 3 === 1 ? 'native' : index % 3 === 2 ? 'podman' : 'docker',
        version: index % 3 === 1 ? '0.1.0' : '29.1.2',
        apiVersion: '1.51',
      },
      addresses: [`10.42.0.${index + 10}`],
    },
    load: loadDouble(index),
    containers: { total: containers, running: containers, trouble: index % 4 },
  };
}

type Fate = Pick<FleetRow, 'state' | 'health' | 'exit'>;

function fateOf(chance: number): Fate {
  if (chance < 0.012) return { state: 'exited', exit: { code: 1, isOutOfMemory: chance < 0.004, atMs: Date.now() - 240_000 } };
  if (chance < 0.03) return { state: 'running', health: 'unhealthy' };
  if (chance < 0.04) return { state: 'restarting' };
  if (chance < 0.05) return { state: 'paused' };
  if (chance < 0.08) return { state: 'exited', exit: { code: 0, isOutOfMemory: false, atMs: Date.now() - 900_000 } };
  return chance < 0.095 ? { state: 'created' } : { state: 'running' };
}

export function rowDouble(key: number, hosts: number): FleetRow {
  const random = randomFrom(key * 97 + 13);
  for (let warm = 0; warm < 4; warm++) random();
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? '';
  const stack = pick(stacks);
  const role = pick(services);
  const fate = fateOf(random());
  const host = key % hosts;
  return {
    key,
    host: hostId(host),
    id: (key + 0x1000000).toString(16).padStart(64, 'c'),
    name: `${stack}-${role}-${(key % 31) + 1}`,
    ...fate,
    createdAtMs: Date.now() - 3_000_000_000 * random(),
    ...(fate.state === 'running' ? { startedAtMs: Date.now() - 3_000_000_000 * random() - 700_000 } : {}),
    restarts: fate.state === 'restarting' ? 6 : 0,
    image: { ref: pick(images), id: `sha256:${key.toString(16).padStart(64, '9f2c')}` },
    stack: { id: stack, service: role, source: 'compose' },
    ports: role === 'web' ? [{ address: '0.0.0.0', hostPort: 8000 + key, containerPort: 80, protocol: 'tcp' }] : [],
    networks: [{ name: `${stack}_default`, ipv4: `172.25.${host}.${(key % 250) + 2}` }],
    volumes: [],
    labels: { team: stack },
    isTruncated: false,
    limits: random() < 0.7 ? { memoryBytes: gibibyte / 2, cpus: 2 } : {},
    revision: 1,
    observedAtMs: Date.now(),
    link: host === 0 ? 'offline' : 'live',
    can: everyVerb,
  };
}

/** The numbers of a row at a moment: its own level, swinging. */
export function sampleDouble(row: FleetRow, atMs: number): FleetSample {
  const random = randomFrom(row.key * 31 + 5);
  random();
  const level = random() ** 3 * 900;
  const swing = Math.sin(atMs / 3000 + row.key) * 0.25 + Math.sin(atMs / 700 + row.key * 3) * 0.15 + 1;
  return {
    key: row.key,
    cpuPermille: Math.max(0, level * swing),
    memoryBytes: (row.limits.memoryBytes ?? gibibyte) * (0.2 + random() * 0.6 + swing * 0.02),
    receiveBps: 2_000_000 * random() * swing,
    sendBps: 1_500_000 * random() * swing,
    readBps: 300_000 * random() * swing,
    writeBps: 200_000 * random() * swing,
    throttledPermille: 0,
    pids: 12,
  };
}

export function eventsDouble(rows: readonly FleetRow[]): FleetEvent[] {
  const actions = ['start', 'oom', 'die', 'create', 'health_status: unhealthy', 'restart', 'pause', 'start'];
  return rows.slice(40, 48).map((row, index) => ({
    host: row.host,
    type: 'container',
    action: actions[index] ?? 'start',
    id: row.id,
    name: row.name,
    atMs: Date.now() - index * 21_000,
    ...(actions[index] === 'die' ? { exitCode: 0 } : {}),
  }));
}

/** What was told just now (newest first) before a week of events, one each 40 seconds, as the log of events has them, page by page. */
export function eventsPageDouble(rows: readonly FleetRow[], query: URLSearchParams, now: readonly FleetEvent[]): EventPage {
  const first = Number(query.get('before')?.split('_')[0] ?? 0);
  const count = Number(query.get('limit') ?? 100);
  const told = [...now, ...Array.from({ length: rows.length ? 400 : 0 }, (_, index) => eventDouble(rows, index))];
  const wanted = told.filter(
    ({ host, type, action, name = '' }) =>
      (query.get('host') ?? host) === host &&
      (query.get('type') ?? type) === type &&
      action.startsWith(query.get('action') ?? '') &&
      name.includes(query.get('text') ?? ''),
  );
  const next = first + count < wanted.length ? { next: `${first + count}_${hostId(0)}_0` } : {};
  return { events: wanted.slice(first, first + count), ...next };
}

function eventDouble(rows: readonly FleetRow[], index: number): FleetEvent {
  const row = rows[(index * 7) % rows.length] as FleetRow;
  const atMs = Date.now() - 5_000 - index * 40_000;
  const kinds = ['container', 'container', 'container', 'network', 'container', 'image', 'volume'] as const;
  const type = kinds[index % kinds.length] ?? 'container';
  const said = { network: ['connect', 'shop_default'], image: ['pull', row.image.ref], volume: ['mount', 'postgres-data'] } as const;
  if (type !== 'container') return { host: row.host, type, action: said[type][0], id: '1'.repeat(64), name: said[type][1], atMs };
  const action = ['start', 'die', 'create', 'health_status: unhealthy', 'oom'][index % 5] ?? 'start';
  return { host: row.host, type, action, id: row.id, name: row.name, atMs, ...(action === 'die' ? { exitCode: index % 2 } : {}) };
}

export function overviewDouble(events: readonly FleetEvent[]): Overview {
  const none = { total: 0, created: 0, running: 0, paused: 0, restarting: 0, removing: 0, exited: 0, dead: 0, unhealthy: 0, failed: 0 };
  return {
    hosts: { total: 0, live: 0, late: 0, offline: 0, pending: 0 },
    containers: none,
    cpu: { cores: 0, usedPermille: 0 },
    memory: { totalBytes: 0, usedBytes: 0 },
    attention: [],
    events: [...events],
  };
}

/** So many points of ten seconds up to now: of a container, or of a machine. */
export function historyDouble(row: FleetRow | undefined, points: number): History {
  const atMs = Array.from({ length: points }, (_, index) => Date.now() - (points - index) * 10_000);
  const machine = (at: number): Omit<FleetSample, 'key'> => ({
    ...sampleDouble(rowDouble(1, 1), at),
    cpuPermille: 400 + 90 * Math.sin(at / 97_000),
    memoryBytes: (60 + 3 * Math.sin(at / 210_000)) * gibibyte,
  });
  const samples = atMs.map((at) => ({ ...(row ? sampleDouble(row, at) : machine(at)), memoryTotalBytes: 144 * gibibyte }));
  const names = ['cpuPermille', 'memoryBytes', 'memoryTotalBytes', 'receiveBps', 'sendBps', 'readBps', 'writeBps'] as const;
  return { stepMs: 10_000, atMs, series: Object.fromEntries(names.map((name) => [name, samples.map((sample) => sample[name])])) };
}
