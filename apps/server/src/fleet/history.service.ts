import { decide, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { History } from '@gantry/contract';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { hostResource } from '../access/resources.ts';
import { HostDirectory } from '../hosts/host-directory.ts';
import { machineSeries, type Range, togetherOf, unrolled } from './history-series.ts';
import { HistoryStore, seriesNames } from './history.store.ts';

const longestRangeMs = 24 * 3_600_000;
const retentionMs = 7 * 24 * 3_600_000;
const sweepMs = 3_600_000;

@Injectable()
export class HistoryService implements OnModuleInit, OnModuleDestroy {
  readonly #log = new Logger('history');
  #sweep: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: HistoryStore,
    private readonly directory: HostDirectory,
  ) {}

  async onModuleInit(): Promise<void> {
    const sweep = (): Promise<void> => this.store.removeBefore(new Date(Date.now() - retentionMs));
    await sweep();
    this.#sweep = setInterval(() => void sweep().catch((thrown: unknown) => this.#log.error(Failure.from(thrown).message)), sweepMs);
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweep);
  }

  /** `invalid` for a range that is empty or longer than 24 hours, `not-found` for a host that is not there. */
  async ofContainer(hostId: string, containerId: string, range: Range): Promise<History> {
    this.directory.get(hostId);
    return unrolled(await this.store.range(hostId, containerId, datesOf(range)), seriesNames, range);
  }

  /** The load of the machine itself; fails as `ofContainer` does. */
  async ofHost(hostId: string, range: Range): Promise<History> {
    this.directory.get(hostId);
    return unrolled(await this.store.range(hostId, '', datesOf(range)), machineSeries, range);
  }

  /** The load of all machines that are let in and that the rights show, together; `invalid` as above. */
  async ofFleet(range: Range, rights: Rights): Promise<History> {
    const machines = this.directory.all
      .filter((host) => host.status === 'active' && decide(rights, 'host:metrics', hostResource(host)))
      .map(({ id, facts, load }) => ({
        id,
        cores: facts?.cpus ?? 0,
        memoryTotalBytes: load?.memoryTotalBytes ?? facts?.memoryBytes ?? 0,
      }));
    const rows = await this.store.rangeOfMachines(
      machines.map(({ id }) => id),
      datesOf(range),
    );
    return togetherOf(rows, machines, range);
  }
}

function datesOf({ fromMs, toMs }: Range): { from: Date; to: Date } {
  if (toMs <= fromMs || toMs - fromMs > longestRangeMs)
    throw new Failure('invalid', 'the range must be longer than nothing and at most 24 hours');
  return { from: new Date(fromMs), to: new Date(toMs) };
}
