import type { Kernel } from '@gantry/linux';
import type { Network } from './network.ts';
import type { NetworkSettings } from './network-settings.ts';

/** What a request says of a new network; an empty subnet means any. */
export interface NetworkRequest {
  readonly name: string;
  readonly driver: string;
  readonly isInternal: boolean;
  readonly isAttachable: boolean;
  readonly hasIpv6: boolean;
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
