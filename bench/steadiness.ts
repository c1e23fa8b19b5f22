export interface Reading {
  readonly atMs: number;
  readonly value: number;
}

export interface Steadiness {
  /** The middle reading of a time. */
  readonly early: number;
  readonly late: number;
  readonly grownPercent: number;
  readonly verdict: 'flat' | 'grows' | 'too short to tell';
}

/** What fills in the beginning (caches, curves, compiled code) is no leak. */
const warmUpMs = 120_000;
const spanMs = 120_000;
const mostGrownPercent = 5;

/** Whether something stays as large as it is: the middle of two minutes after the warm-up against that of the last two minutes, which have to lie behind them. */
export function steadinessOf(readings: readonly Reading[]): Steadiness {
  const endMs = readings.at(-1)?.atMs ?? 0;
  const early = middleOf(readings.filter(({ atMs }) => atMs >= warmUpMs && atMs < warmUpMs + spanMs));
  const late = middleOf(readings.filter(({ atMs }) => atMs >= endMs - spanMs));
  const grownPercent = Math.round((late / early - 1) * 1000) / 10;
  const isLong = endMs >= warmUpMs + 2 * spanMs && Number.isFinite(grownPercent);
  return { early, late, grownPercent, verdict: !isLong ? 'too short to tell' : grownPercent <= mostGrownPercent ? 'flat' : 'grows' };
}

function middleOf(readings: readonly Reading[]): number {
  const values = readings.map(({ value }) => value).sort((a, b) => a - b);
  return values[values.length >> 1] ?? Number.NaN;
}

/** Says it, and lets the bench fail where something grows. */
export function tellSteadiness(what: string, unit: string, readings: readonly Reading[]): void {
  const { early, late, grownPercent, verdict } = steadinessOf(readings);
  console.log(
    `${what}: ${verdict} (${early} ${unit} after the warm-up, ${late} ${unit} at the end: ${grownPercent} %; at most ${mostGrownPercent} % is flat)`,
  );
  if (verdict === 'grows') process.exitCode = 1;
}
