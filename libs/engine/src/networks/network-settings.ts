import { readFile } from 'node:fs/promises';
import type { Kernel } from '@gantry/linux';
import type { EventSink } from '../events/engine-event.ts';
import type { AddressPool } from './address-pools.ts';
import { parseResolvConf, type ResolverSettings } from './sandbox-files.ts';

/** What daemon.json says of networks. */
export interface NetworkSettings {
  /** Address and prefix of the default bridge, as `172.17.0.1/16`. */
  readonly bip?: string;
  /** Containers on the default bridge get addresses from here. */
  readonly fixedCidr?: string;
  readonly mtu?: number;
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly defaultAddressPools?: readonly AddressPool[];
  /** The link of the default bridge; by default `gantry0` for the engine of the machine, `g<instance>0` for others. */
  readonly defaultBridgeLink?: string;
}

export interface NetworksOptions {
  readonly kernel: Kernel;
  /** Six hex digits, in the names of all links and tables. */
  readonly instance: string;
  /** What outlives a boot: `<data-root>/engine`. */
  readonly dataRoot: string;
  /** What does not: `<run-root>/engine`. */
  readonly runRoot: string;
  readonly config: NetworkSettings;
  readonly events: EventSink;
  /** Hears what went wrong where nobody waits for an answer. */
  readonly report?: (problem: string) => void;
}

/** The settings of the host itself; nothing where it has no such file. */
export async function hostResolver(): Promise<ResolverSettings> {
  return parseResolvConf(await readFile('/etc/resolv.conf', 'utf8').catch(() => ''));
}

export function daemonResolver({ dns = [], dnsSearch = [], dnsOptions = [] }: NetworkSettings): ResolverSettings {
  return { servers: dns, search: dnsSearch, options: dnsOptions };
}
