import * as z from 'zod';
import { HostSample } from './hosts.ts';
import type { ContractRow } from './row.ts';

const count = z.int().nonnegative();

const FleetPort = z.object({
  address: z.string(),
  hostPort: count,
  containerPort: count,
  protocol: z.enum(['tcp', 'udp', 'sctp']),
});

/** The FleetRow of engine-api as a schema; a spec of the server keeps the two equal. */
export const FleetRow = z
  .object({
    key: count,
    host: z.string(),
    id: z.string(),
    name: z.string(),
    state: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
    health: z.enum(['starting', 'healthy', 'unhealthy']).optional(),
    exit: z.object({ code: z.number(), isOutOfMemory: z.boolean(), atMs: z.number() }).optional(),
    createdAtMs: z.number(),
    startedAtMs: z.number().optional(),
    restarts: count,
    image: z.object({ ref: z.string(), id: z.string(), digest: z.string().optional() }),
    stack: z.object({ id: z.string(), service: z.string(), source: z.enum(['gantry', 'compose']) }).optional(),
    ports: z.array(FleetPort),
    networks: z.array(z.object({ name: z.string(), ipv4: z.string().optional(), ipv6: z.string().optional() })),
    volumes: z.array(z.string()),
    labels: z.record(z.string(), z.string()),
    isTruncated: z.boolean(),
    limits: z.object({ memoryBytes: z.number().optional(), cpus: z.number().optional(), pids: z.number().optional() }),
    revision: count,
    observedAtMs: z.number(),
    link: z.enum(['live', 'late', 'offline']),
    can: z.int(),
  })
  .meta({ id: 'FleetRow' });

const { health, exit, startedAtMs, stack } = FleetRow.shape;

/** The FleetChange of engine-api as a schema: what has changed of a row, null where a field is no longer there. */
export const FleetChange = FleetRow.omit({ host: true, id: true, can: true })
  .partial()
  .extend({ key: count, health: health.nullable(), exit: exit.nullable(), startedAtMs: startedAtMs.nullable(), stack: stack.nullable() });

export const FleetSample = z
  .object({
    key: count,
    cpuPermille: z.number(),
    memoryBytes: z.number(),
    receiveBps: z.number(),
    sendBps: z.number(),
    readBps: z.number(),
    writeBps: z.number(),
    throttledPermille: z.number(),
    pids: z.number(),
  })
  .meta({ id: 'FleetSample' });

const column = z.array(z.number());

/** Numbers of many containers, column by column: the n-th of each belongs to the n-th key of the epoch. All columns are as long as `key`. */
export const FleetNumbers = z
  .object({
    epoch: z.string(),
    key: z.array(count),
    cpuPermille: column,
    memoryBytes: column,
    receiveBps: column,
    sendBps: column,
    readBps: column,
    writeBps: column,
    throttledPermille: column,
    pids: column,
  })
  .refine(
    (numbers) => Object.values(numbers).every((one) => typeof one === 'string' || one.length === numbers.key.length),
    'columns of different lengths',
  );
export type FleetNumbers = z.infer<typeof FleetNumbers>;

/**
 * All rows that the caller may see as of `sequence`; `fleet` messages of the socket with higher numbers follow it. Numbers may be ten seconds old. A
 * caller that accepts gzip gets it compressed.
 */
export const FleetSnapshot = z
  .object({ epoch: z.string(), sequence: count, rows: z.array(FleetRow), samples: z.array(FleetSample) })
  .meta({ id: 'FleetSnapshot' });
export type FleetSnapshot = z.infer<typeof FleetSnapshot>;

export const getFleet = {
  name: 'getFleet',
  method: 'GET',
  path: '/api/fleet',
  access: 'session',
  byToken: true,
  summary: 'Every container of every host that the caller may see',
  answer: FleetSnapshot,
} as const satisfies ContractRow;

/** Something that needs a person: what it is and where; the page has the words and the next step for each kind. */
export const Attention = z
  .object({
    kind: z.enum([
      'host-offline',
      'host-pending',
      'host-quarantined',
      'container-unhealthy',
      'container-failed',
      'container-out-of-memory',
      'container-restarting',
    ]),
    host: z.uuid(),
    container: z.string().optional(),
    name: z.string(),
    sinceMs: z.number().optional(),
    exitCode: z.number().optional(),
  })
  .meta({ id: 'Attention' });
export type Attention = z.infer<typeof Attention>;

/** Something that happened on a host, as its engine told it. */
export const FleetEvent = z
  .object({
    host: z.uuid(),
    type: z.string(),
    action: z.string(),
    id: z.string(),
    name: z.string().optional(),
    atMs: z.number(),
    exitCode: z.number().optional(),
  })
  .meta({ id: 'FleetEvent' });
export type FleetEvent = z.infer<typeof FleetEvent>;

const word = z.string().min(1).max(256);
const moment = z.coerce.number().int().nonnegative();

/** Newest first. `next` asks for those that are older; without it there are none. */
export const EventPage = z.object({ events: z.array(FleetEvent), next: z.string().optional() }).meta({ id: 'EventPage' });
export type EventPage = z.infer<typeof EventPage>;

/** What the engines of the last seven days told, of what the caller may see. `action` is the start of one, `without` that of those that are left out, all words of `text` are in names, ids or actions. */
export const listEvents = {
  name: 'listEvents',
  method: 'GET',
  path: '/api/events',
  access: 'event:view',
  where: 'somewhere',
  summary: 'What happened on the hosts',
  query: z.object({
    host: z.uuid().optional(),
    type: word.optional(),
    action: word.optional(),
    without: word.optional(),
    text: word.optional(),
    sinceMs: moment.optional(),
    untilMs: moment.optional(),
    before: z
      .string()
      .regex(/^\d{1,15}_[0-9a-f-]{36}_\d{1,19}$/)
      .optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  answer: EventPage,
} as const satisfies ContractRow;

export const Overview = z
  .object({
    hosts: z.object({ total: count, live: count, late: count, offline: count, pending: count }),
    containers: z.object({
      total: count,
      created: count,
      running: count,
      paused: count,
      restarting: count,
      removing: count,
      exited: count,
      dead: count,
      /** Of the running ones. */
      unhealthy: count,
      /** Of the exited ones: code other than 0, or out of memory. */
      failed: count,
    }),
    /** Sums over the hosts that are not offline. */
    cpu: z.object({ cores: z.number(), usedPermille: z.number() }),
    memory: z.object({ totalBytes: z.number(), usedBytes: z.number() }),
    /** Worst first, at most 50. */
    attention: z.array(Attention),
    /** Newest first, at most 50; what happens to one thing again and again, five times. */
    events: z.array(FleetEvent),
  })
  .meta({ id: 'Overview' });
export type Overview = z.infer<typeof Overview>;

export const getOverview = {
  name: 'getOverview',
  method: 'GET',
  path: '/api/overview',
  access: 'session',
  byToken: true,
  summary: 'Numbers of what the caller may see, what needs attention, what happened',
  answer: Overview,
} as const satisfies ContractRow;

/** Averages of ten seconds each; a null is a gap. All arrays have the length of `atMs`. */
export const History = z
  .object({
    stepMs: count,
    atMs: z.array(z.number()),
    series: z.record(z.string(), z.array(z.number().nullable())),
  })
  .meta({ id: 'History' });
export type History = z.infer<typeof History>;

const range = z.object({ fromMs: z.coerce.number().int().nonnegative(), toMs: z.coerce.number().int().nonnegative() });

/** Series: cpuPermille, memoryBytes, receiveBps, sendBps, readBps, writeBps, throttledPermille, pids. At most 24 hours at once. */
export const getContainerHistory = {
  name: 'getContainerHistory',
  method: 'GET',
  path: '/api/hosts/:hostId/containers/:containerId/history',
  access: 'container:stats',
  summary: 'The load of a container over time',
  params: z.object({ hostId: z.uuid(), containerId: z.string().regex(/^[0-9a-f]{64}$/) }),
  query: range,
  answer: History,
} as const satisfies ContractRow;

/** Series: cpuPermille (1000 = all cores busy), memoryBytes, receiveBps, sendBps, readBps, writeBps. At most 24 hours at once. */
export const getHostHistory = {
  name: 'getHostHistory',
  method: 'GET',
  path: '/api/hosts/:hostId/history',
  access: 'host:metrics',
  summary: 'The load of a machine over time',
  params: z.object({ hostId: z.uuid() }),
  query: range,
  answer: History,
} as const satisfies ContractRow;

/**
 * Series: cpuPermille (1000 = all cores of all machines busy), memoryBytes and memoryTotalBytes, each over the machines that reported at that time;
 * times when none did are left out. At most 24 hours at once.
 */
export const getFleetHistory = {
  name: 'getFleetHistory',
  method: 'GET',
  path: '/api/fleet/history',
  access: 'host:metrics',
  where: 'somewhere',
  summary: 'The load of all machines together over time',
  query: range,
  answer: History,
} as const satisfies ContractRow;

/** What the socket sends about machines with each tick. */
export const HostSamples = z.array(HostSample.extend({ host: z.uuid() }));
export type HostSamples = z.infer<typeof HostSamples>;
