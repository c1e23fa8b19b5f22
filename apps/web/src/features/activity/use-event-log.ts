import type { FleetEvent } from '@gantry/contract';
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { call } from '../../api/call.ts';
import { routes } from '../../api/routes.ts';
import { useFleetLink } from '../../fleet/use-fleet.ts';
import { type EventFilter, matchesEvent } from './event-match.ts';

/** An event with what tells it from others that say the same. */
export interface ListedEvent extends FleetEvent {
  readonly key: number;
}

const pageEvents = 200;
/** Older ones are asked for again when somebody scrolls to them. */
const mostLive = 20_000;

/** What engines told, newest first: page after page as it is asked for, and live as it happens. */
export function useEventLog(filter: Ref<EventFilter>) {
  const { socket } = useFleetLink();
  const events = shallowRef<readonly ListedEvent[]>([]);
  const failure = shallowRef<unknown>();
  const isLoading = shallowRef(false);
  const isLoaded = shallowRef(false);
  let next: string | undefined;
  let keys = 0;
  let asking = new AbortController();

  const keyed = (news: readonly FleetEvent[]): ListedEvent[] => news.map((event) => ({ ...event, key: keys++ }));

  async function load(before: readonly ListedEvent[]): Promise<void> {
    const mine = (asking = new AbortController());
    isLoading.value = true;
    try {
      const { type, action, text, ...rest } = filter.value;
      const words = { type: type || undefined, action: action || undefined, text: text || undefined };
      const from = before.length ? next : undefined;
      const page = await call(routes.listEvents, { query: { ...rest, ...words, before: from, limit: pageEvents }, signal: mine.signal });
      if (mine.signal.aborted) return;
      events.value = [...(before.length ? events.value : []), ...keyed(page.events)];
      ({ next } = page);
      failure.value = undefined;
      isLoaded.value = true;
    } catch (thrown) {
      if (!mine.signal.aborted) failure.value = thrown;
    }
    if (!mine.signal.aborted) isLoading.value = false;
  }

  function reload(): Promise<void> {
    asking.abort();
    return load([]);
  }

  async function more(): Promise<void> {
    if (next !== undefined && !isLoading.value && failure.value === undefined) await load(events.value);
  }

  /** The socket tells in the order of the engines; one of another host may be older than what is shown. */
  function take(news: readonly FleetEvent[]): void {
    const wanted = keyed(news.filter((event) => matchesEvent(event, filter.value)));
    if (!wanted.length || !isLoaded.value) return;
    const newest = wanted.sort((a, b) => b.atMs - a.atMs);
    events.value = [...newest, ...events.value].slice(0, Math.max(mostLive, events.value.length));
  }

  watch(filter, () => void reload(), { immediate: true });
  const again = (): void => void reload();
  socket.on('events', take);
  socket.on('connect', again);
  onScopeDispose(() => {
    asking.abort();
    socket.off('events', take);
    socket.off('connect', again);
  });
  return { events, failure, isLoading, isLoaded, reload, more };
}
