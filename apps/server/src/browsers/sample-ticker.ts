import { browserSocket, type HostSamples } from '@gantry/contract';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Samples } from '../fleet/samples.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import { mayHear } from './publisher.ts';
import type { Viewer } from './viewer.ts';
import { TickTargets } from './tick-targets.ts';

const tickMs = 1_000;
/** All numbers go out with every so many ticks; in between only those of rows that a page shows. */
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
    const isFull = this.#tick++ % allEvery === 0;
    const fresh = this.samples.takeFresh();
    this.targets.relay.tell();
    for (const viewer of this.targets.viewers.all) {
      if (isFull) this.#owed.add(viewer);
      if (!viewer.isReady()) continue;
      const isOwed = this.#owed.delete(viewer);
      this.#sendContainers(viewer, fresh, isOwed);
      this.#sendHosts(viewer, isOwed);
    }
  }

  #sendContainers(viewer: Viewer, fresh: ReadonlySet<number>, isFull: boolean): void {
    if (!mayHear(viewer, browserSocket.samples.access)) return;
    const { sight } = this.targets;
    const all = isFull ? this.samples.all : [...viewer.watch.keys].filter((key) => fresh.has(key)).map((key) => this.samples.of(key));
    const samples = all.filter((sample) => sample !== undefined).filter(({ key }) => sight.mayHaveNumbersOf(viewer.audience, key));
    if (samples.length > 0) viewer.send(browserSocket.samples.event, samples);
  }

  #sendHosts(viewer: Viewer, isFull: boolean): void {
    if (!mayHear(viewer, browserSocket.hostSamples.access)) return;
    const { sight } = this.targets;
    const samples: HostSamples = this.directory.all.flatMap(({ id, load, link }) => {
      const isDue = load && link !== 'offline' && (isFull || viewer.watch.hosts.has(id));
      return isDue && sight.mayHaveNumbersOfHost(viewer.audience, id) ? [{ ...load, host: id }] : [];
    });
    if (samples.length > 0) viewer.send(browserSocket.hostSamples.event, samples);
  }
}
