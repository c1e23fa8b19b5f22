import type { IdMapping } from '@gantry/linux';
import type { EventSink } from '../events/engine-event.ts';
import type { VolumeKernel } from './volume-mounts.ts';

export interface VolumesSettings {
  /** The engine's own data directory; volumes lie in `volumes/` below it. */
  readonly dataRoot: string;
  readonly kernel: VolumeKernel;
  readonly events: EventSink;
  /** The user namespace of containers; files of volumes belong to its ids. */
  readonly ids?: IdMapping | undefined;
  /** Told of damaged records, one line each. */
  readonly report?: (line: string) => void;
}
