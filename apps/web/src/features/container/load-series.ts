import type { History } from '@gantry/contract';
import type { FleetSample } from '@gantry/engine-api';

export const measures = ['cpuPermille', 'memoryBytes', 'receiveBps', 'sendBps', 'readBps', 'writeBps'] as const;
type Measure = (typeof measures)[number];

/** The load of a container over time; all arrays are as long as `times`. A null is a gap. */
export type LoadSeries = { readonly times: readonly number[] } & { readonly [Key in Measure]: readonly (number | null)[] };

export const noSeries: LoadSeries = { times: [], cpuPermille: [], memoryBytes: [], receiveBps: [], sendBps: [], readBps: [], writeBps: [] };

/** What the server kept, followed by what came live since; points of the history that overlap the live ones are left out. */
export function joined(history: History, live: LoadSeries): LoadSeries {
  const until = live.times[0] ?? Infinity;
  const kept = history.atMs.filter((atMs) => atMs < until).length;
  return {
    times: [...history.atMs.slice(0, kept), ...live.times],
    ...forEach((measure) => [...padded(history.series[measure], kept), ...live[measure]]),
  };
}

/** With one more point, without those older than `keptMs`. */
export function withSample(series: LoadSeries, sample: FleetSample, { atMs, keptMs }: { atMs: number; keptMs: number }): LoadSeries {
  const first = Math.max(
    0,
    series.times.findIndex((time) => time >= atMs - keptMs),
  );
  return {
    times: [...series.times.slice(first), atMs],
    ...forEach((measure) => [...series[measure].slice(first), sample[measure]]),
  };
}

function padded(values: readonly (number | null)[] | undefined, length: number): (number | null)[] {
  return Array.from({ length }, (_, index) => values?.[index] ?? null);
}

function forEach(make: (measure: Measure) => readonly (number | null)[]): Record<Measure, readonly (number | null)[]> {
  return Object.fromEntries(measures.map((measure) => [measure, make(measure)])) as Record<Measure, readonly (number | null)[]>;
}
