import type { Exit } from './container.ts';
import type { RestartPolicy } from './container-config.ts';

const firstDelayMs = 100;
const longestDelayMs = 60_000;
/** A run that lasted this long was a good one: the delay begins again. */
const goodRunMs = 10_000;

/** Whether a run that ended by itself is followed by another. */
export function restartsAfter(policy: RestartPolicy, exit: Exit, restarts: number): boolean {
  if (policy.Name === 'always' || policy.Name === 'unless-stopped') return true;
  if (policy.Name !== 'on-failure' || exit.code === 0) return false;
  return policy.MaximumRetryCount === 0 || restarts < policy.MaximumRetryCount;
}

/** Whether a container that ran (or was stopped by hand) when the engine or the machine went down is started with the engine. */
export function startsWithEngine(policy: RestartPolicy, last: { exit: Exit; isStoppedByHand: boolean; restarts: number }): boolean {
  if (policy.Name === 'always') return true;
  return !last.isStoppedByHand && restartsAfter(policy, last.exit, last.restarts);
}

/** How long to wait before the next run: 100 ms, doubled each time up to a minute. */
export function restartDelayMs(exit: Exit, previousMs: number | undefined): number {
  if (previousMs === undefined || exit.atMs - exit.startedAtMs >= goodRunMs) return firstDelayMs;
  return Math.min(previousMs * 2, longestDelayMs);
}
