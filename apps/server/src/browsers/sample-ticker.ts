import { browserSocket, type FleetNumbers, type HostSamples } from '@gantry/contract';
import type { FleetSample } from '@gantry/engine-api';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Samples } from '../fleet/samples.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import type { Audience } from './audience.ts';
import { packed } from './packed.ts';
import { mayHear } from './publisher.ts';
import type { Viewer } from './viewer.ts';
import { TickTargets } from './tick-targets.ts';

const tickMs = 1_000;
/** All numbers go out with every so many ticks, to some audiences with each; in between only those of rows that a page shows. */
const allEvery = 10;

/** Live numbers: each second for what a page shows, every ten seconds for all. The newest wins; nothing is queued. */
@Injectable()
export class SampleTicker implements OnModuleInit, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;
  #tick = 0;
  /** Pages that have not had all numbers since it was time. */
  readonly #owed = new WeakSet<Viewer>();

  constructor(
    private readonly samples: Samples,
    private readonly directory: HostDirectory,
    private readonly targets: TickTargets,
  ) {}

  onModuleInit(): void {
    this.#timer = setInterval(() => this.#send(), tickMs);
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  #send(): void {
    const turn = this.#tick++ % allEvery;
    const fresh = this.samples.takeFresh();
    const all = new Map<Audience, Told>();
    this.targets.relay.tell();
    for (const viewer of this.targets.viewers.all) {
      const { audience } = viewer;
      if (turnOf(audience) === turn) this.#owed.add(viewer);
      if (!viewer.isReady()) continue;
      if (this.#owed.delete(viewer)) {
        if (!all.has(audience)) all.set(audience, this.#all(audience));
        tell(viewer, all.get(audience));
      } else tell(viewer, this.#watched(viewer, fresh));
    }
  }

  /** Everything that an audience may have, made once for all its pages. */
  #all(audience: Audience): Told {
    return this.#made(audience, this.samples.all, () => true);
  }

  #watched({ audience, watch }: Viewer, fresh: ReadonlySet<number>): Told {
    const keys = [...watch.keys].filter((key) => fresh.has(key));
    return this.#made(
      audience,
      keys.map((key) => this.samples.of(key)).filter((one) => one !== undefined),
      (id) => watch.hosts.has(id),
    );
  }

  #made(audience: Audience, samples: readonly FleetSample[], isWanted: (hostId: string) => boolean): Told {
    const { sight } = this.targets;
    const { samples: ofContainers, hostSamples: ofHosts } = browserSocket;
    const numbers = mayHear(audience, ofContainers.access) ? samples.filter(({ key }) => sight.mayHaveNumbersOf(audience, key)) : [];
    const hosts = mayHear(audience, ofHosts.access) ? this.#hosts(audience, isWanted) : [];
    return {
      numbers: numbers.length > 0 ? packed(ofContainers, inColumns(this.samples.epoch, numbers)) : undefined,
      hosts: hosts.length > 0 ? packed(ofHosts, hosts) : undefined,
    };
  }

  #hosts(audience: Audience, isWanted: (hostId: string) => boolean): HostSamples {
    return this.directory.all.flatMap(({ id, load, link }) => {
      const isDue = load && link !== 'offline' && isWanted(id);
      return isDue && this.targets.sight.mayHaveNumbersOfHost(audience, id) ? [{ ...load, host: id }] : [];
    });
  }
}

/** Payloads as they go out; undefined where there is nothing to say. */
interface Told {
  readonly numbers: unknown;
  readonly hosts: unknown;
}

function tell(viewer: Viewer, told: Told | undefined): void {
  if (told?.numbers !== undefined) viewer.send(browserSocket.samples.event, told.numbers);
  if (told?.hosts !== undefined) viewer.send(browserSocket.hostSamples.event, told.hosts);
}

/** With which of the ticks an audience gets all numbers: not all audiences with the same one, which would hold up everything else. */
function turnOf({ room }: Audience): number {
  return (room.codePointAt(room.length - 2) ?? 0) % allEvery;
}

/** Whole numbers: what a page shows has no fractions of them. */
function inColumns(epoch: string, samples: readonly FleetSample[]): FleetNumbers {
  const column = (field: keyof FleetSample): number[] => samples.map((sample) => Math.round(sample[field]));
  return {
    epoch,
    key: column('key'),
    cpuPermille: column('cpuPermille'),
    memoryBytes: column('memoryBytes'),
    receiveBps: column('receiveBps'),
    sendBps: column('sendBps'),
    readBps: column('readBps'),
    writeBps: column('writeBps'),
    throttledPermille: column('throttledPermille'),
    pids: column('pids'),
  };
}
