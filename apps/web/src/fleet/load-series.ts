import type { History } from '@gantry/contract';

/** Numbers over time; all arrays are as long as `times` (milliseconds, rising). A null is a gap. */
export interface LoadSeries<Measure extends string> {
  readonly times: readonly number[];
  readonly values: Readonly<Record<Measure, readonly (number | null)[]>>;
  /** The live samples of the last step: the newest point is their average. */
  readonly recent: readonly LoadPoint<Measure>[];
}

export type LoadPoint<Measure extends string> = { readonly atMs: number } & Readonly<Record<Measure, number>>;

/** Live numbers come each second, the history has one point for ten: both are shown at the same step, or a chart would be calm first and jagged at its end. */
export const stepMs = 10_000;
const gapMs = 3 * stepMs;

export function noSeries<Measure extends string>(measures: readonly Measure[]): LoadSeries<Measure> {
  return { times: [], values: forEach(measures, () => []), recent: [] };
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
  return { ...withGaps(all, measures), recent: live.recent };
}

/**
 * With one more sample. A point is the average of the ten seconds before it, as in the history, so that its beginning is no spike; it moves while its
 * step lasts, then the next one begins. Points older than `keptMs` go.
 */
export function withSample<Measure extends string>(
  series: LoadSeries<Measure>,
  sample: LoadPoint<Measure>,
  { measures, keptMs }: { measures: readonly Measure[]; keptMs: number },
): LoadSeries<Measure> {
  const { times, values } = series;
  const newest = times.at(-1);
  const recent = [...series.recent.filter(({ atMs }) => atMs > sample.atMs - stepMs), sample];
  const isSameStep = newest !== undefined && series.recent.length > 0 && stepOf(newest) === stepOf(sample.atMs);
  const first = times.findIndex((time) => time >= sample.atMs - keptMs);
  const [from, to] = [first < 0 ? times.length : first, isSameStep ? -1 : undefined];
  const mean = (measure: Measure): number => recent.reduce((sum, one) => sum + one[measure], 0) / recent.length;
  const next = {
    times: [...times.slice(from, to), sample.atMs],
    values: forEach(measures, (measure) => [...values[measure].slice(from, to), mean(measure)]),
  };
  return { ...(isGap(newest, sample.atMs) ? withGaps(next, measures) : next), recent };
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
