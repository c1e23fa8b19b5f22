import type { History } from '@gantry/contract';

/** Numbers over time; all arrays are as long as `times` (milliseconds, rising). A null is a gap. */
export interface LoadSeries<Measure extends string> {
  readonly times: readonly number[];
  readonly values: Readonly<Record<Measure, readonly (number | null)[]>>;
  /** How many samples the newest point is the average of; 0 where it came whole from the history. */
  readonly merged: number;
}

export type LoadPoint<Measure extends string> = { readonly atMs: number } & Readonly<Record<Measure, number>>;

/** Live numbers come each second, the history has one point for ten: both are shown at the same step, or a chart would be calm first and jagged at its end. */
export const stepMs = 10_000;
const gapMs = 3 * stepMs;

export function noSeries<Measure extends string>(measures: readonly Measure[]): LoadSeries<Measure> {
  return { times: [], values: forEach(measures, () => []), merged: 0 };
}

/** What the server kept, followed by what came live since; points of the history that overlap the live ones are left out. */
export function joined<Measure extends string>(
  history: History,
  live: LoadSeries<Measure>,
  measures: readonly Measure[],
): LoadSeries<Measure> {
  const until = (live.times[0] ?? Infinity) - stepMs / 2;
  const kept = history.atMs.findIndex((atMs) => atMs >= until);
  const old = history.atMs.slice(0, kept < 0 ? undefined : kept);
  const past = { times: old, values: forEach(measures, (measure) => padded(history.series[measure], old.length)) };
  const all = {
    times: [...past.times, ...live.times],
    values: forEach(measures, (measure) => [...past.values[measure], ...live.values[measure]]),
  };
  return { ...withGaps(all, measures), merged: live.merged };
}

/** With one more sample: averaged into the newest point while that one's step lasts, a point of its own after it. Points older than `keptMs` go. */
export function withSample<Measure extends string>(
  series: LoadSeries<Measure>,
  point: LoadPoint<Measure>,
  { measures, keptMs }: { measures: readonly Measure[]; keptMs: number },
): LoadSeries<Measure> {
  const { times, values, merged } = series;
  const newest = times.at(-1);
  if (newest !== undefined && merged > 0 && stepOf(newest) === stepOf(point.atMs)) {
    const mean = (value: number | null | undefined, next: number): number => ((value ?? 0) * merged + next) / (merged + 1);
    return {
      times: times.with(-1, point.atMs),
      values: forEach(measures, (measure) => values[measure].with(-1, mean(values[measure].at(-1), point[measure]))),
      merged: merged + 1,
    };
  }
  const first = times.findIndex((time) => time >= point.atMs - keptMs);
  const from = first < 0 ? times.length : first;
  const next = {
    times: [...times.slice(from), point.atMs],
    values: forEach(measures, (measure) => [...values[measure].slice(from), point[measure]]),
  };
  return { ...(isGap(newest, point.atMs) ? withGaps(next, measures) : next), merged: 1 };
}

/** A time in which nothing was measured is a gap of the line, not a bridge over it. */
function withGaps<Measure extends string>(
  { times, values }: Pick<LoadSeries<Measure>, 'times' | 'values'>,
  measures: readonly Measure[],
): Pick<LoadSeries<Measure>, 'times' | 'values'> {
  const before = times.map((time, at) => (isGap(times[at - 1], time) && values[measures[0] as Measure][at - 1] !== null ? [time - 1] : []));
  return {
    times: times.flatMap((time, at) => [...(before[at] ?? []), time]),
    values: forEach(measures, (measure) => values[measure].flatMap((value, at) => [...(before[at]?.length ? [null] : []), value])),
  };
}

function isGap(before: number | undefined, next: number): boolean {
  return before !== undefined && next - before > gapMs;
}

function stepOf(ms: number): number {
  return Math.floor(ms / stepMs);
}

function padded(values: readonly (number | null)[] | undefined, length: number): (number | null)[] {
  return Array.from({ length }, (_, index) => values?.[index] ?? null);
}

function forEach<Measure extends string, Value>(measures: readonly Measure[], make: (measure: Measure) => Value): Record<Measure, Value> {
  return Object.fromEntries(measures.map((measure) => [measure, make(measure)])) as Record<Measure, Value>;
}
