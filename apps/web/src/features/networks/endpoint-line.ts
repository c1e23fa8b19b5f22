import type { RouteLocationRaw } from 'vue-router';
import type { ShownState } from '../../fleet/state.ts';

/** One end of a network: a container in it, or a network that a container is in. */
export interface EndpointLine {
  /** What is disconnected by it. */
  readonly key: string;
  readonly name: string;
  readonly place?: RouteLocationRaw | undefined;
  readonly state?: ShownState | undefined;
  /** With prefix length; none before the container runs. */
  readonly addresses: readonly string[];
  readonly mac: string;
  readonly gateway?: string;
  /** The names by which others in the network find it. */
  readonly names?: readonly string[];
}
