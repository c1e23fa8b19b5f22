import type { ManagedContainer } from './managed-container.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The `Status` of `docker ps`: "Up 3 minutes (healthy)", "Exited (0) 2 hours ago". */
export function statusText({ state, health }: Pick<ManagedContainer, 'state' | 'health'>, nowMs: number): string {
  switch (state.name) {
    case 'running':
      return `Up ${duration(nowMs - state.run.startedAtMs)}${health ? ` (${health.status === 'starting' ? 'health: starting' : health.status})` : ''}`;
    case 'paused':
      return `Up ${duration(nowMs - state.run.startedAtMs)} (Paused)`;
    case 'restarting':
      return `Restarting (${state.exit.code}) ${duration(nowMs - state.exit.atMs)} ago`;
    case 'exited':
      return `Exited (${state.exit.code}) ${duration(nowMs - state.exit.atMs)} ago`;
    case 'created':
    case 'starting':
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
