import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import type { BodyOf, ProbeHop, ProbeResult } from '@gantry/engine-api';
import { errnoOf, type Kernel } from '@gantry/linux';

const patienceMs = 3000;
const lookEveryMs = 20;

/** Thrown where the way of a probe ends. */
export class WayEnds extends Error {
  readonly hop: ProbeHop;

  constructor(hop: ProbeHop, message: string) {
    super(message);
    this.hop = hop;
  }
}

/** How an engine knows the way from one of its containers. */
export interface ProbeWay {
  readonly kernel: Pick<Kernel, 'beginConnection' | 'connectionState'>;
  readonly containerName: string;
  /** The pin of the container's network namespace. */
  readonly namespace: string;
  /** What a name that is no address stands for in the container; throws `WayEnds`. */
  readonly addressOf: (host: string) => Promise<string>;
  /** Throws `WayEnds` where a link on the way is down or gone. */
  readonly checkLinks: () => Promise<void>;
  /** What keeps packets from an address by a rule of the engine, in one sentence; undefined: none does. */
  readonly closedBy: (address: string) => string | undefined;
}

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
}

/** Where a request asks a probe to go. Fails with `invalid`. */
export function checkedTarget({ Host: host = '', Port: port = 0 }: BodyOf<'GantryTopologyProbe'>): ProbeTarget {
  if (host === '' || host.length > 253)
    throw new Failure('invalid', host === '' ? 'a probe needs a host' : 'the host of a probe is too long');
  if (port < 1 || port > 65_535) throw new Failure('invalid', `invalid port: ${port}`);
  return { host, port };
}

/** Connects by TCP from inside the container's namespace, and tells where the way ends if it does. */
export async function goProbeWay(way: ProbeWay, { host, port }: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const start = performance.now();
  let address: string | undefined;
  const result = (rest: Pick<ProbeResult, 'isReachable' | 'message' | 'failedAt'>): ProbeResult => ({
    ...rest,
    address,
    elapsedMs: Math.round(performance.now() - start),
  });
  try {
    address = await way.addressOf(host);
    await way.checkLinks();
    await connectFrom(way, { address, port }, signal);
    return result({ isReachable: true, message: `${way.containerName} reaches ${host}:${port}` });
  } catch (thrown) {
    if (!(thrown instanceof WayEnds)) throw thrown;
    return result({ isReachable: false, failedAt: thrown.hop, message: thrown.message });
  }
}

async function connectFrom(way: ProbeWay, to: { address: string; port: number }, signal: AbortSignal): Promise<void> {
  const { kernel, namespace } = way;
  let descriptor: number;
  try {
    descriptor = await kernel.beginConnection({ namespace, ...to });
  } catch (thrown) {
    throw endOf(way, to, errnoOf(thrown) ?? 'unknown');
  }
  try {
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline;) {
      const state = await kernel.connectionState(descriptor, to);
      if (state === 'connected') return;
      if (state !== 'connecting') throw endOf(way, to, state);
      await delay(lookEveryMs, undefined, { signal });
    }
    throw endOf(way, to, 'ETIMEDOUT');
  } finally {
    closeSync(descriptor);
  }
}

function endOf({ closedBy }: ProbeWay, { address, port }: { address: string; port: number }, errno: string): WayEnds {
  switch (errno) {
    case 'ECONNREFUSED':
      return new WayEnds('port', `${address} is reached, and nothing listens at port ${port}`);
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return new WayEnds('route', `the container has no route to ${address}`);
    case 'EHOSTUNREACH':
      return new WayEnds('host', `nobody answers for ${address} on the network`);
    default: {
      const closed = closedBy(address);
      return closed === undefined ? new WayEnds('host', `no answer from ${address}:${port} (${errno})`) : new WayEnds('firewall', closed);
    }
  }
}
