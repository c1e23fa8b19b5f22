import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import type { ContainerSample, HostSample, Samples } from '@gantry/link';
import type { Cgroups } from '@gantry/linux';
import type { Running } from '../inventory/inventory.ts';
import { cgroupOf, OpenCounters } from './container-counters.ts';
import { type ContainerCounters, ratesBetween } from './rates.ts';

const allEvery = 10;
const mostInOneMessage = 400;
const mostAtOnce = 20;
/** Each has seven files. */
const mostKeptOpen = 200;

export interface SamplerOptions {
  readonly cgroups: Cgroups;
  readonly running: () => readonly Running[];
  readonly host: () => Promise<HostSample | undefined>;
  /** Live numbers, each second of what is watched and every ten seconds of everything. */
  readonly onLive: (samples: Samples) => void;
  /** The ten-second numbers, for the history. */
  readonly onHistory: (samples: Samples) => void;
  readonly onFailure?: (failure: Failure) => void;
  readonly tickMs?: number;
}

interface Followed {
  readonly pid: number;
  readonly path: string;
  /** Kept open for what is looked at each second. */
  readonly open: OpenCounters | undefined;
  counters: ContainerCounters | undefined;
}

/** Reads the kernel's counters: each second those of containers that somebody looks at, every ten seconds all. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #watched = new Map<string, Followed>();
  readonly #all = new Map<string, Followed>();
  #wanted: ReadonlySet<string> = new Set();

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** The containers that somebody looks at now. */
  watch(ids: readonly string[]): void {
    this.#wanted = new Set(ids);
    for (const id of this.#watched.keys()) if (!this.#wanted.has(id)) forget(this.#watched, id);
  }

  /** Samples until the signal aborts. A tick that takes longer than a second makes the next one late, never two at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { tickMs = 1000, onFailure } = this.#options;
    for (let tick = 0; !signal.aborted; tick += 1) {
      try {
        await this.#tick(tick % allEvery === 0);
      } catch (thrown) {
        onFailure?.(Failure.from(thrown));
      }
      await sleep(tickMs, signal);
    }
    for (const id of this.#watched.keys()) forget(this.#watched, id);
  }

  async #tick(isWhole: boolean): Promise<void> {
    const { running, host, onLive, onHistory } = this.#options;
    const present = running();
    if (!isWhole && this.#wanted.size === 0) return;
    const chosen = isWhole ? present : present.filter(({ id }) => this.#wanted.has(id));
    const hostNumbers = isWhole ? await host() : undefined;
    const containers = await this.#sample(chosen, isWhole ? this.#all : this.#watched);
    const atMs = Date.now();
    for (let start = 0; start === 0 || start < containers.length; start += mostInOneMessage) {
      const part = containers.slice(start, start + mostInOneMessage);
      const samples: Samples = { atMs, ...(hostNumbers && start === 0 ? { host: hostNumbers } : {}), containers: part };
      onLive(samples);
      if (isWhole && (samples.host || part.length > 0)) onHistory(samples);
    }
  }

  /** The followed of each rhythm are kept apart: their rates are over different times. */
  async #sample(chosen: readonly Running[], followed: Map<string, Followed>): Promise<ContainerSample[]> {
    const ids = new Set(chosen.map(({ id }) => id));
    for (const id of followed.keys()) if (!ids.has(id)) forget(followed, id);
    const samples: ContainerSample[] = [];
    for (const [index, container] of chosen.entries()) {
      // Reading is done at once: what else waits gets its turn between.
      if (index % mostAtOnce === mostAtOnce - 1) await turn();
      const sample = await this.#sampleOne(container, followed);
      if (sample) samples.push(sample);
    }
    return samples;
  }

  async #sampleOne({ id, pid }: Running, followed: Map<string, Followed>): Promise<ContainerSample | undefined> {
    const { cgroups } = this.#options;
    let known = followed.get(id);
    if (known?.pid !== pid) {
      const path = await cgroupOf(pid, cgroups.layout.kind);
      // A pid of another process namespace would lead to a stranger's numbers: the group of a container has its id.
      if (path?.includes(id) !== true) return undefined;
      forget(followed, id);
      const isKept = followed === this.#watched && followed.size < mostKeptOpen;
      known = { pid, path, open: isKept ? new OpenCounters(cgroups, path, pid) : undefined, counters: undefined };
      followed.set(id, known);
    }
    const counters = known.open ? known.open.read() : readOnce(cgroups, known);
    const before = known.counters;
    known.counters = counters;
    return before && counters ? ratesBetween(id, before, counters) : undefined;
  }
}

function readOnce(cgroups: Cgroups, { path, pid }: Followed): ContainerCounters | undefined {
  using open = new OpenCounters(cgroups, path, pid);
  return open.read();
}

function forget(followed: Map<string, Followed>, id: string): void {
  followed.get(id)?.open?.[Symbol.dispose]();
  followed.delete(id);
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
