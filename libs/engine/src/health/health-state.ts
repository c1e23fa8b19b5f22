import * as z from 'zod';
import { goTime } from '../containers/go-time.ts';
import type { HealthCheck } from './health-check.ts';

const probeResult = z.object({ startMs: z.number(), endMs: z.number(), exitCode: z.int(), output: z.string() });

/** How one probe ended: 0 is well, -1 one that could not be started or took too long. */
export type ProbeResult = Readonly<z.infer<typeof probeResult>>;

/** How the probes of a container see it. */
export interface Health {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  /** Failures in a row that count. */
  readonly failingStreak: number;
  /** The last five, the oldest first. */
  readonly log: readonly ProbeResult[];
}

/** The file in which it outlives the engine. */
export const healthFile = z.object({
  status: z.enum(['starting', 'healthy', 'unhealthy']),
  failingStreak: z.int(),
  log: z.array(probeResult),
});

const keptResults = 5;

/** The health after one more probe, by dockerd's rules. */
export function afterProbe(
  health: Health,
  result: ProbeResult,
  { check, startedAtMs }: { check: HealthCheck; startedAtMs: number },
): Health {
  const log = [...health.log, result].slice(-keptResults);
  if (result.exitCode === 0) return { status: 'healthy', failingStreak: 0, log };
  const isForgiven = health.status === 'starting' && result.startMs - startedAtMs < check.startPeriodMs;
  const failingStreak = health.failingStreak + (isForgiven ? 0 : 1);
  const isUnhealthy = !isForgiven && failingStreak >= check.retries;
  return { status: isUnhealthy ? 'unhealthy' : health.status, failingStreak, log };
}

/** How long after a probe's end (or the start) the next one begins. */
export function probeDelayMs({ status }: Health, check: HealthCheck, runForMs: number): number {
  return runForMs < check.startPeriodMs && status === 'starting' ? check.startIntervalMs : check.intervalMs;
}

/** As `inspect` shows it. */
export function healthView({ status, failingStreak, log }: Health): object {
  const entries = log.map(({ startMs, endMs, exitCode, output }) => ({
    Start: goTime(startMs),
    End: goTime(endMs),
    ExitCode: exitCode,
    Output: output,
  }));
  return { Status: status, FailingStreak: failingStreak, Log: entries };
}
