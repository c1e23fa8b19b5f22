import * as z from 'zod';
import { type ContractRow, nothing } from './row.ts';

const count = z.int().nonnegative();
const HostId = z.uuid();
const HostName = z.string().trim().min(1).max(64);
const Labels = z.record(z.string().min(1).max(64), z.string().max(256));

/** What the agent says about its machine and engine. */
export const HostFacts = z
  .object({
    hostname: z.string(),
    operatingSystem: z.string(),
    kernel: z.string(),
    architecture: z.string(),
    cpus: z.number(),
    memoryBytes: count,
    agentVersion: z.string(),
    engine: z.object({ kind: z.enum(['native', 'docker', 'podman', 'none']), version: z.string(), apiVersion: z.string() }),
    addresses: z.array(z.string()),
  })
  .meta({ id: 'HostFacts' });
export type HostFacts = z.infer<typeof HostFacts>;

/** Load of a machine: `cpuPermille` of all cores together (1000 = all busy), rates per second. */
export const HostSample = z
  .object({
    atMs: z.number(),
    cpuPermille: z.number(),
    memoryBytes: z.number(),
    memoryTotalBytes: z.number(),
    diskUsedBytes: z.number(),
    diskTotalBytes: z.number(),
    receiveBps: z.number(),
    sendBps: z.number(),
    readBps: z.number(),
    writeBps: z.number(),
    load1: z.number(),
  })
  .meta({ id: 'HostSample' });
export type HostSample = z.infer<typeof HostSample>;

export const Host = z
  .object({
    id: HostId,
    name: z.string(),
    /**
     * `pending`: enrolled, waits for somebody's approval, nothing else of it is served. `quarantined`: its key came from two places (a cloned
     * machine?); approving lets it back in.
     */
    status: z.enum(['pending', 'active', 'quarantined']),
    /** Agent link: late after 15 s of silence, offline after 30 s. */
    link: z.enum(['live', 'late', 'offline']),
    lastSeenAt: z.iso.datetime().optional(),
    joinedAt: z.iso.datetime(),
    /** Fingerprint of the agent's key: what a person compares before approving. */
    keyFingerprint: z.string(),
    labels: Labels,
    /** Absent until its agent has reported. */
    facts: HostFacts.optional(),
    load: HostSample.optional(),
    containers: z.object({ total: count, running: count, trouble: count }),
  })
  .meta({ id: 'Host' });
export type Host = z.infer<typeof Host>;

const params = z.object({ hostId: HostId });

/** Of a host of which the caller may see only a part (a stack): its id, name, state and the counts of that part, and nothing else of it. */
export const listHosts = {
  name: 'listHosts',
  method: 'GET',
  path: '/api/hosts',
  access: 'session',
  byToken: true,
  summary: 'All hosts that the caller may see, or may see something on',
  answer: z.array(Host),
} as const satisfies ContractRow;

export const getHost = {
  name: 'getHost',
  method: 'GET',
  path: '/api/hosts/:hostId',
  access: 'host:view',
  summary: 'One host',
  params,
  answer: Host,
} as const satisfies ContractRow;

export const updateHost = {
  name: 'updateHost',
  method: 'PATCH',
  path: '/api/hosts/:hostId',
  access: 'host:edit',
  summary: 'Change name or labels of a host',
  params,
  body: z.strictObject({ name: HostName, labels: Labels }).partial(),
  answer: Host,
} as const satisfies ContractRow;

export const approveHost = {
  name: 'approveHost',
  method: 'POST',
  path: '/api/hosts/:hostId/approve',
  access: 'host:approve',
  summary: 'Let a pending host in',
  params,
  answer: Host,
} as const satisfies ContractRow;

/** Its link is cut within two seconds and its key is never accepted again; what runs on it goes on running. */
export const removeHost = {
  name: 'removeHost',
  method: 'DELETE',
  path: '/api/hosts/:hostId',
  access: 'host:remove',
  summary: 'Remove a host',
  params,
  answer: nothing,
} as const satisfies ContractRow;
