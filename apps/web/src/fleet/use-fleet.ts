import { inject, type InjectionKey, onScopeDispose, watch } from 'vue';
import type { Fleet } from './fleet.ts';
import type { FleetLink } from './follow-fleet.ts';

interface Provided {
  readonly fleet: Fleet;
  readonly link: FleetLink;
}

export const fleetKey: InjectionKey<Provided> = Symbol('fleet');

/** The fleet that the shell keeps up to date. */
export function useFleet(): Fleet {
  return provided().fleet;
}

export function useFleetLink(): FleetLink {
  return provided().link;
}

function provided(): Provided {
  const found = inject(fleetKey);
  if (!found) throw new Error('the fleet is used outside of the shell');
  return found;
}

interface Watched {
  readonly keys: readonly number[];
  readonly hosts: readonly string[];
}

const wanted = new Map<symbol, Watched>();
const most = 1000;

/** Asks for the numbers of these rows and hosts each second while the scope lives; all pages together make one list. */
export function useWatched(what: () => Watched): void {
  const { socket } = useFleetLink();
  const me = Symbol('watch');
  const send = (): void => {
    const all = [...wanted.values()];
    const unique = <Item>(items: readonly Item[]): Item[] => [...new Set(items)].slice(0, most);
    socket.emit('watch', { keys: unique(all.flatMap(({ keys }) => keys)), hosts: unique(all.flatMap(({ hosts }) => hosts)) });
  };
  watch(
    what,
    (now, before) => {
      if (before && isSame(now, before)) return;
      wanted.set(me, now);
      send();
    },
    { immediate: true },
  );
  socket.on('connect', send);
  onScopeDispose(() => {
    wanted.delete(me);
    socket.off('connect', send);
    send();
  });
}

function isSame(a: Watched, b: Watched): boolean {
  return a.keys.join() === b.keys.join() && a.hosts.join() === b.hosts.join();
}
