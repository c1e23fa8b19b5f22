import { computed, type ComputedRef, onScopeDispose, shallowReactive, watch } from 'vue';
import { useScope } from '../shell/use-scope.ts';
import { inTurn } from './in-turn.ts';
import { limit } from './limit.ts';
import { useFleet } from './use-fleet.ts';

interface HostAnswer<Item> {
  readonly items: readonly Item[] | undefined;
  readonly failure: unknown;
}

interface HostFailure {
  readonly host: string;
  readonly failure: unknown;
}

export interface HostLists<Item> {
  /** What has been answered so far; of a host that went offline, or failed since, what was known last. */
  readonly items: ComputedRef<readonly Item[]>;
  /** No host has answered yet, and one at least may. */
  readonly isLoading: ComputedRef<boolean>;
  readonly waiting: ComputedRef<readonly string[]>;
  readonly failed: ComputedRef<readonly HostFailure[]>;
  readonly offline: ComputedRef<readonly string[]>;
  /** Asks one host again, or all. */
  readonly refresh: (host?: string) => Promise<void>;
}

const atOnce = 6;
const settleMs = 400;

/**
 * Asks each visible host of the scope for its own list, some at once, and shows each as it answers: one host that fails or hangs holds up no other.
 * A host is asked again when it comes back, and when its engine tells of something of this kind (`changedBy`, the type of the engine's events).
 */
export function useHostLists<Item>(
  changedBy: string,
  ask: (host: string, signal: AbortSignal) => Promise<readonly Item[]>,
): HostLists<Item> {
  const { joinedIds, liveIds } = useHostIds();
  const run = limit(atOnce);
  const closing = new AbortController();
  const answers = shallowReactive(new Map<string, HostAnswer<Item>>());
  const turn = inTurn();

  const one = (host: string): Promise<void> =>
    run(async () => {
      const settle = turn(host);
      try {
        const items = await ask(host, closing.signal);
        settle(() => answers.set(host, { items, failure: undefined }));
      } catch (failure) {
        if (!closing.signal.aborted) settle(() => answers.set(host, { items: answers.get(host)?.items, failure }));
      }
    });
  const refresh = async (host?: string): Promise<void> => {
    await Promise.all((host === undefined ? liveIds.value : [host]).map(one));
  };

  watch(liveIds, (now, before = []) => now.forEach((host) => void (before.includes(host) || one(host))), { immediate: true });
  useChanges(changedBy, (host) => void (liveIds.value.includes(host) && one(host)));
  onScopeDispose(() => closing.abort());

  return {
    refresh,
    items: computed(() => joinedIds.value.flatMap((host) => answers.get(host)?.items ?? [])),
    isLoading: computed(() => !joinedIds.value.some((host) => answers.has(host)) && liveIds.value.length > 0),
    waiting: computed(() => liveIds.value.filter((host) => !answers.has(host))),
    failed: computed(() => liveIds.value.flatMap((host) => failuresOf(host, answers.get(host)))),
    offline: computed(() => joinedIds.value.filter((host) => !liveIds.value.includes(host))),
  };
}

/** The hosts of the scope: those that joined, and those of them that can be asked. */
function useHostIds() {
  const fleet = useFleet();
  const scope = useScope();
  const isMeant = (host: string): boolean => !scope.host.value || scope.host.value === host;
  const joined = computed(() => idsOf([...fleet.hosts.values()].filter(({ id, status }) => status === 'active' && isMeant(id))));
  const live = computed(() => idsOf(fleet.liveHosts.value.filter(({ id }) => isMeant(id))));
  return { joinedIds: computed(() => idsIn(joined.value)), liveIds: computed(() => idsIn(live.value)) };
}

/** A host's numbers move each second; as one text, the list moves only when a host comes or goes. */
function idsOf(hosts: readonly { readonly id: string }[]): string {
  return hosts.map(({ id }) => id).join(' ');
}

function idsIn(text: string): string[] {
  return text.split(' ').filter(Boolean);
}

/** Tells of each host whose engine has told of something of this kind since. */
function useChanges(changedBy: string, tell: (host: string) => void): void {
  const { events } = useFleet();
  const soon = useSoon(tell);
  let [newest] = events.value;
  watch(events, (now) => {
    const known = newest ? now.indexOf(newest) : -1;
    const news = known < 0 ? now : now.slice(0, known);
    [newest] = now;
    for (const { type, host } of news) if (type === changedBy) soon(host);
  });
}

/** Many events of one host within a moment are one reason to ask. */
function useSoon(ask: (host: string) => void): (host: string) => void {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  onScopeDispose(() => timers.forEach((timer) => clearTimeout(timer)));
  return (host) => {
    if (timers.has(host)) return;
    const fire = (): void => {
      timers.delete(host);
      ask(host);
    };
    timers.set(host, setTimeout(fire, settleMs));
  };
}

function failuresOf(host: string, answer: HostAnswer<unknown> | undefined): readonly HostFailure[] {
  return answer?.failure === undefined ? [] : [{ host, failure: answer.failure }];
}
