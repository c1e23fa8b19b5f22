import type { Kernel } from '@gantry/linux';
import type { Network } from './network.ts';
import type { NetworkSettings } from './network-settings.ts';

/** What a request says of a new network; an empty subnet means any. */
export interface NetworkRequest {
  readonly name: string;
  readonly driver: string;
  readonly isInternal: boolean;
  /** Of swarms, which there are none of: `swarm` and true are refused. */
  readonly scope?: string;
  readonly isIngress?: boolean;
  readonly isAttachable: boolean;
  /** By default it has IPv4. */
  readonly hasIpv4?: boolean | undefined;
  /** By default it has none. */
  readonly hasIpv6?: boolean | undefined;
  /** It is settings for other networks, and no network itself. */
  readonly isConfigOnly?: boolean;
  /** The name of such settings, to be used in place of its own. */
  readonly configFrom?: string | undefined;
  readonly pools: readonly {
    readonly subnet: string;
    readonly range?: string | undefined;
    readonly gateway?: string | undefined;
    readonly reserved: Readonly<Record<string, string>>;
  }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

export interface Surroundings {
  readonly kernel: Kernel;
  readonly instance: string;
  readonly config: NetworkSettings;
  readonly networks: readonly Network[];
}
