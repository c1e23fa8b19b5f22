import { exitOf, runOf, statusWord } from './container.ts';
import type { ManagedContainer } from './managed-container.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The `Status` of `docker ps`: "Up 3 minutes (healthy)", "Exited (0) 2 hours ago". */
export function statusText({ state, health }: Pick<ManagedContainer, 'state' | 'health'>, nowMs: number): string {
  const up = `Up ${duration(nowMs - (runOf(state)?.startedAtMs ?? nowMs))}`;
  const exit = exitOf(state);
  const ended = `(${exit?.code ?? 0}) ${duration(nowMs - (exit?.atMs ?? nowMs))} ago`;
  switch (statusWord(state)) {
    case 'running':
      return health ? `${up} (${health.status === 'starting' ? 'health: starting' : health.status})` : up;
    case 'paused':
      return `${up} (Paused)`;
    case 'restarting':
      return `Restarting ${ended}`;
    case 'exited':
      return `Exited ${ended}`;
    case 'created':
      return 'Created';
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
  }
}

/** As docker/go-units says durations. */
function duration(ms: number): string {
  if (ms < second) return 'Less than a second';
  if (ms < 2 * second) return '1 second';
  if (ms < minute) return `${Math.floor(ms / second)} seconds`;
  if (ms < 2 * minute) return 'About a minute';
  if (ms < hour) return `${Math.floor(ms / minute)} minutes`;
  if (Math.round(ms / hour) === 1) return 'About an hour';
  if (ms < 2 * day) return `${Math.round(ms / hour)} hours`;
  if (ms < 14 * day) return `${Math.floor(ms / day)} days`;
  if (ms < 60 * day) return `${Math.floor(ms / day / 7)} weeks`;
  if (ms < 730 * day) return `${Math.floor(ms / day / 30)} months`;
  return `${Math.floor(ms / day / 365)} years`;
}
