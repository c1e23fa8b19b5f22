import { can, type ContainerVerb } from '@gantry/access';
import type { RouteName } from '@gantry/engine-api/client';
import { engineOn, sequenceOf } from '../../api/engine.ts';
import type { LiveRow } from '../../fleet/live-row.ts';

export const verbs = ['start', 'stop', 'restart', 'pause', 'unpause', 'kill', 'remove'] as const;
export type Verb = (typeof verbs)[number];

const permitted: Record<Verb, ContainerVerb> = {
  start: 'start',
  stop: 'stop',
  restart: 'restart',
  pause: 'pause',
  unpause: 'pause',
  kill: 'kill',
  remove: 'remove',
};

/** Whether the verb makes sense in the row's state and its person may do it. */
export function isPossible({ row }: LiveRow, verb: Verb): boolean {
  if (row.link === 'offline' || !can(row.can, permitted[verb])) return false;
  const isUp = row.state === 'running' || row.state === 'restarting';
  switch (verb) {
    case 'start':
      return row.state === 'exited' || row.state === 'created';
    case 'stop':
      return isUp || row.state === 'paused';
    case 'restart':
      return isUp || row.state === 'exited';
    case 'pause':
      return row.state === 'running';
    case 'unpause':
      return row.state === 'paused';
    case 'kill':
      return isUp || row.state === 'paused';
    case 'remove':
      return row.state !== 'removing';
  }
}

/** The same as one would type it. */
export function dockerCommand(verb: Verb, names: readonly string[]): string {
  return `docker ${verb === 'remove' ? 'rm -f' : verb} ${names.join(' ')}`;
}

const routeOf = {
  start: 'ContainerStart',
  stop: 'ContainerStop',
  restart: 'ContainerRestart',
  pause: 'ContainerPause',
  unpause: 'ContainerUnpause',
  kill: 'ContainerKill',
} as const satisfies Record<Exclude<Verb, 'remove'>, RouteName>;

/** Asks the engine; the row is pending until its report has arrived. Fails with the engine's Failure. */
export async function act(live: LiveRow, verb: Verb, signal?: AbortSignal): Promise<void> {
  const { host, id } = live.row;
  live.pending = { verb, sequence: undefined };
  try {
    const engine = engineOn(host);
    const answer =
      verb === 'remove'
        ? await engine.call('ContainerDelete', { path: { id }, query: { force: true } }, signal)
        : await engine.call(routeOf[verb], { path: { id } }, signal);
    const sequence = sequenceOf(answer);
    const isReported = sequence === undefined || live.row.revision >= sequence;
    live.pending = isReported ? undefined : { verb, sequence };
  } catch (thrown) {
    live.pending = undefined;
    throw thrown;
  }
}
