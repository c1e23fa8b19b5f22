import type { FleetEvent } from '@gantry/contract';
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { call } from '../../api/call.ts';
import { routes } from '../../api/routes.ts';
import { useFleetLink } from '../../fleet/use-fleet.ts';
import { type EventFilter, matchesEvent } from './event-match.ts';
import { pageWithTold } from './page-with-told.ts';

/** An event with what tells it from others that say the same. */
export interface ListedEvent extends FleetEvent {
  readonly key: number;
}

const pageEvents = 200;
/** Older ones are asked for again when somebody scrolls to them. */
const mostLive = 20_000;
/** Of what the socket told, those that a page may lack which is asked for now. */
const mostTold = 1000;
let keys = 0;

function keyed(news: readonly FleetEvent[]): ListedEvent[] {
  return news.map((event) => ({ ...event, key: keys++ }));
}

/** What engines told, newest first: page after page as it is asked for, and live as it happens. */
export function useEventLog(filter: Ref<EventFilter>) {
  const { socket } = useFleetLink();
  const pages = useEventPages(filter);
  const { events, isLoaded } = pages;

  /** The socket tells in the order of the engines; one of another host may be older than what is shown. */
  function take(news: readonly FleetEvent[]): void {
    pages.tell(news);
    const wanted = keyed(news.filter((event) => matchesEvent(event, filter.value)));
    if (!wanted.length || !isLoaded.value) return;
    const newest = wanted.sort((a, b) => b.atMs - a.atMs);
    events.value = [...newest, ...events.value].slice(0, Math.max(mostLive, events.value.length));
  }

  watch(filter, () => void pages.reload(), { immediate: true });
  const again = (): void => void pages.reload();
  socket.on('events', take);
  socket.on('connect', again);
  onScopeDispose(() => {
    socket.off('events', take);
    socket.off('connect', again);
  });
  return pages;
}

/** What the server kept, page by page. */
function useEventPages(filter: Ref<EventFilter>) {
  const events = shallowRef<readonly ListedEvent[]>([]);
  const failure = shallowRef<unknown>();
  const isLoading = shallowRef(false);
  const isLoaded = shallowRef(false);
  let next: string | undefined;
  let told: readonly FleetEvent[] = [];
  let asking = new AbortController();
  onScopeDispose(() => asking.abort());

  async function load(isMore: boolean): Promise<void> {
    const mine = (asking = new AbortController());
    isLoading.value = true;
    try {
      const page = await call(routes.listEvents, { query: queryOf(filter.value, isMore ? next : undefined), signal: mine.signal });
      if (mine.signal.aborted) return;
      events.value = isMore ? [...events.value, ...keyed(page.events)] : keyed(pageWithTold(page, told, filter.value));
      ({ next } = page);
      failure.value = undefined;
      isLoaded.value = true;
    } catch (thrown) {
      if (!mine.signal.aborted) failure.value = thrown;
    }
    if (!mine.signal.aborted) isLoading.value = false;
  }

  async function reload(): Promise<void> {
    asking.abort();
    await load(false);
  }

  function tell(news: readonly FleetEvent[]): void {
    told = [...news.toReversed(), ...told].slice(0, mostTold);
  }

  async function more(): Promise<void> {
    if (next !== undefined && !isLoading.value && failure.value === undefined) await load(true);
  }
  return { events, failure, isLoading, isLoaded, reload, more, tell };
}

function queryOf({ type, action, without, text, ...rest }: EventFilter, before: string | undefined) {
  return {
    ...rest,
    type: type || undefined,
    action: action || undefined,
    without: without || undefined,
    text: text || undefined,
    before,
    limit: pageEvents,
  };
}
