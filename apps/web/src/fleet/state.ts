import type { FleetRow } from '@gantry/engine-api';

/** How a container is shown: worst first, which is also the order of every list and bar. */
export const shownStates = ['failed', 'unhealthy', 'moving', 'running', 'paused', 'exited', 'created'] as const;
export type ShownState = (typeof shownStates)[number];

type StateOfRow = Pick<FleetRow, 'state' | 'health' | 'exit'>;

/** The one place that decides what a row's state looks like. Exit codes other than 0 and lost processes are failures. */
export function shownState(row: StateOfRow): ShownState {
  switch (row.state) {
    case 'running':
      return row.health === 'unhealthy' ? 'unhealthy' : row.health === 'starting' ? 'moving' : 'running';
    case 'restarting':
    case 'removing':
      return 'moving';
    case 'paused':
      return 'paused';
    case 'created':
      return 'created';
    case 'dead':
      return 'failed';
    case 'exited':
      return isFailure(row) ? 'failed' : 'exited';
  }
}

/** A container that was told to stop ends by SIGTERM (143) or SIGKILL (137); only out of memory makes 137 a failure. */
function isFailure({ exit }: StateOfRow): boolean {
  if (!exit) return false;
  if (exit.isOutOfMemory) return true;
  return exit.code !== 0 && exit.code !== 143 && exit.code !== 137;
}

/** 0 is worst. */
export function severity(state: ShownState): number {
  return shownStates.indexOf(state);
}

/** The token of a state's colour. */
export const stateColours: Record<ShownState, string> = {
  failed: 'var(--fail)',
  unhealthy: 'var(--warn)',
  moving: 'var(--moving)',
  running: 'var(--running)',
  paused: 'var(--paused)',
  exited: 'var(--idle)',
  created: 'var(--idle)',
};
