import { Failure } from '@gantry/base';
import type { History } from '@gantry/contract';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HostDirectory } from '../hosts/host-directory.ts';
import { HistoryStore, seriesNames } from './history.store.ts';

const stepMs = 10_000;
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
  async range(hostId: string, containerId: string, { fromMs, toMs }: { fromMs: number; toMs: number }): Promise<History> {
    this.directory.get(hostId);
    if (toMs <= fromMs || toMs - fromMs > longestRangeMs)
      throw new Failure('invalid', 'the range must be longer than nothing and at most 24 hours');
    const rows = await this.store.range(hostId, containerId, { from: new Date(fromMs), to: new Date(toMs) });
    const atMs: number[] = [];
    const series: Record<string, (number | null)[]> = Object.fromEntries(seriesNames.map((name) => [name, []]));
    for (const row of rows) {
      const startMs = row.startAt.getTime();
      row.offsetsMs.forEach((offsetMs, at) => {
        if (startMs + offsetMs < fromMs || startMs + offsetMs > toMs) return;
        atMs.push(startMs + offsetMs);
        for (const name of seriesNames) series[name]?.push(row[name][at] ?? null);
      });
    }
    return { stepMs, atMs, series };
  }
}
