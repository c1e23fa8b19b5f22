import type { ContainerReport } from '@gantry/engine-api';
import * as z from 'zod/mini';
import { HostFacts } from '../join/messages.ts';

const text = (longest: number) => z.string().check(z.maxLength(longest));
const natural = z.int().check(z.nonnegative());
const amount = z.number().check(z.nonnegative());
const ContainerId = text(64);

const Port = z.object({
  address: text(64),
  hostPort: z.int().check(z.nonnegative(), z.maximum(65_535)),
  containerPort: z.int().check(z.nonnegative(), z.maximum(65_535)),
  protocol: z.enum(['tcp', 'udp', 'sctp']),
});

/** One container as its agent sees it (`ContainerReport` of engine-api). */
export const ContainerRow = z.object({
  id: ContainerId,
  name: text(512),
  state: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
  health: z.exactOptional(z.enum(['starting', 'healthy', 'unhealthy'])),
  exit: z.exactOptional(z.object({ code: z.int(), isOutOfMemory: z.boolean(), atMs: z.number() })),
  createdAtMs: z.number(),
  startedAtMs: z.exactOptional(z.number()),
  restarts: natural,
  image: z.object({ ref: text(1024), id: text(128), digest: z.exactOptional(text(256)) }),
  ports: z.array(Port).check(z.maxLength(2048)),
  networks: z
    .array(z.object({ name: text(256), ipv4: z.exactOptional(text(64)), ipv6: z.exactOptional(text(64)) }))
    .check(z.maxLength(128)),
  volumes: z.array(text(256)).check(z.maxLength(256)),
  labels: z.record(text(2048), text(2048)),
  isTruncated: z.boolean(),
  limits: z.object({ memoryBytes: z.exactOptional(amount), cpus: z.exactOptional(amount), pids: z.exactOptional(amount) }),
  revision: natural,
  observedAtMs: z.number(),
});

/**
 * What changed among the containers. `delta`: as said. `full`: a part of all that there is, and the last part (`isLast`) means that
 * whatever none of the parts named is gone. `hash`: nothing changed; the agent's inventory has this hash, and a server that counts
 * differently asks for all of it (`resync`).
 */
const InventorySchema = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('delta'), upserts: z.array(ContainerRow), gone: z.array(ContainerId) }),
  z.object({ mode: z.literal('full'), isFirst: z.boolean(), isLast: z.boolean(), upserts: z.array(ContainerRow) }),
  z.object({ mode: z.literal('hash'), hash: text(64) }),
]);
export type Inventory =
  | { readonly mode: 'delta'; readonly upserts: readonly ContainerReport[]; readonly gone: readonly string[] }
  | { readonly mode: 'full'; readonly isFirst: boolean; readonly isLast: boolean; readonly upserts: readonly ContainerReport[] }
  | { readonly mode: 'hash'; readonly hash: string };

/** Something that happened on the engine, as `GET /events` tells it. */
export const EventReport = z.object({
  type: text(32),
  action: text(512),
  actorId: text(256),
  attributes: z.record(text(256), text(2048)),
  atMs: z.number(),
});
export type EventReport = z.infer<typeof EventReport>;

/** Numbers of one container at one instant; rates per second over the time since the sample before. */
export const ContainerSample = z.object({
  id: ContainerId,
  cpuPermille: amount,
  memoryBytes: amount,
  receiveBps: amount,
  sendBps: amount,
  readBps: amount,
  writeBps: amount,
  throttledPermille: amount,
  pids: amount,
});
export type ContainerSample = z.infer<typeof ContainerSample>;

/** Numbers of the host; `cpuPermille` is of all cores together (1000 = all busy). */
export const HostSample = z.object({
  cpuPermille: amount,
  memoryBytes: amount,
  memoryTotalBytes: amount,
  diskUsedBytes: amount,
  diskTotalBytes: amount,
  readBps: amount,
  writeBps: amount,
  receiveBps: amount,
  sendBps: amount,
  load1: amount,
});
export type HostSample = z.infer<typeof HostSample>;

/** Live numbers: the newest wins, never spooled, not numbered. */
export const Samples = z.object({
  atMs: z.number(),
  host: z.exactOptional(HostSample),
  containers: z.array(ContainerSample).check(z.maxLength(4096)),
});
export type Samples = z.infer<typeof Samples>;

const body = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('inventory'), body: InventorySchema }),
  z.object({ kind: z.literal('host'), body: HostFacts }),
  z.object({ kind: z.literal('event'), body: EventReport }),
  /** The numbers of every ten seconds, for the history; `host` and `containers` as at `atMs`. */
  z.object({ kind: z.literal('history'), body: Samples }),
]);
/** What an agent tells: numbered, spooled until the server has committed it, applied once. */
export type ReportBody =
  | { readonly kind: 'inventory'; readonly body: Inventory }
  | { readonly kind: 'host'; readonly body: HostFacts }
  | { readonly kind: 'event'; readonly body: EventReport }
  | { readonly kind: 'history'; readonly body: Samples };
/** How a report is checked where it arrives. */
export const ReportSchema = z.intersection(z.object({ sequence: natural, atMs: z.number() }), body);
export type Report = { readonly sequence: number; readonly atMs: number } & ReportBody;
