import type { Permission } from '@gantry/access';
import * as z from 'zod';
import { FleetChange, FleetEvent, FleetNumbers, FleetRow, HostSamples } from './fleet.ts';
import { Host } from './hosts.ts';
import { JobsMessage } from './jobs.ts';

/** The socket.io namespace of browsers: websocket only, signed in by the session's cookie, from the page's own origin only. */
export const browserNamespace = '/browser';

/** One event of the browser socket. */
export interface SocketRow<Payload = unknown> {
  readonly event: string;
  readonly from: 'server' | 'browser';
  /** `session`: each row or request inside is decided by itself, or it concerns only the caller. */
  readonly access: 'session' | Permission;
  readonly payload: z.ZodType<Payload>;
  /** A payload of more than `plainBytes` comes as bytes: its JSON, deflated (raw, RFC 1951), made once for all pages of the same rights. */
  readonly isPacked?: true;
}

/** The length of a payload's JSON (UTF-8) up to which it comes as it is. */
export const plainBytes = 2048;

/**
 * New rows, what has changed of others, those that are gone. A gap in the sequence or another epoch means: fetch the snapshot again. So does a message whose epoch is empty: what the caller may see has changed.
 * Sent at most every 250 ms.
 */
export const FleetMessage = z.object({
  epoch: z.string(),
  sequence: z.int().nonnegative(),
  upserts: z.array(FleetRow),
  changes: z.array(FleetChange),
  gone: z.array(z.int().nonnegative()),
});

export type FleetMessage = z.infer<typeof FleetMessage>;

export const HostsMessage = z.object({ upserts: z.array(Host), gone: z.array(z.uuid()) });
export type HostsMessage = z.infer<typeof HostsMessage>;

/** What the page shows now: these rows get their numbers each second. An empty list ends it. At most 1,000. */
export const WatchMessage = z.strictObject({
  keys: z.array(z.int().nonnegative()).max(1_000),
  hosts: z.array(z.uuid()).max(1_000).default([]),
});
export type WatchMessage = z.infer<typeof WatchMessage>;

export const EndedMessage = z.object({ reason: z.enum(['signed-out', 'expired', 'revoked', 'server-stops', 'too-many']) });
export type EndedMessage = z.infer<typeof EndedMessage>;

/** What a page says of itself when it connects (socket.io's `auth`): the `contractVersion` of its build. */
export const BrowserGreeting = z.object({ contract: z.string().max(64).optional() });
export type BrowserGreeting = z.infer<typeof BrowserGreeting>;

/** The server's own `contractVersion`. */
export const OutdatedMessage = z.object({ contract: z.string() });
export type OutdatedMessage = z.infer<typeof OutdatedMessage>;

export const browserSocket = {
  fleet: { event: 'fleet', from: 'server', access: 'session', payload: FleetMessage, isPacked: true },
  /** Numbers of containers: each second for watched rows, every ten seconds for all others. */
  samples: { event: 'samples', from: 'server', access: 'container:stats', payload: FleetNumbers, isPacked: true },
  hosts: { event: 'hosts', from: 'server', access: 'session', payload: HostsMessage, isPacked: true },
  hostSamples: { event: 'hostSamples', from: 'server', access: 'host:metrics', payload: HostSamples, isPacked: true },
  events: { event: 'events', from: 'server', access: 'event:view', payload: z.array(FleetEvent) },
  /** Each step of a job is decided by itself. */
  jobs: { event: 'jobs', from: 'server', access: 'session', payload: JobsMessage },
  /** The first message to a page whose contract is another than the server's, as after an upgrade. The page stays, for what it has open; it should be loaded again. */
  outdated: { event: 'outdated', from: 'server', access: 'session', payload: OutdatedMessage },
  /** The last message before the server closes the socket. */
  ended: { event: 'ended', from: 'server', access: 'session', payload: EndedMessage },
  watch: { event: 'watch', from: 'browser', access: 'container:stats', payload: WatchMessage },
  /** A frame of the engine channels, both ways; targets begin with `/engine/<hostId>`. */
  frame: { event: 'f', from: 'browser', access: 'session', payload: z.instanceof(Uint8Array) },
} as const satisfies Readonly<Record<string, SocketRow>>;
