import { readonly, shallowRef, watch } from 'vue';
import { useRoute } from 'vue-router';
import { call } from '../api/call.ts';
import { routes } from '../api/routes.ts';
import { useSession } from '../api/session.ts';

const pauseMs = 60_000;
const count = shallowRef(0);

/** How many requests for access wait for this person. */
export const openRequests = readonly(count);

/** Asks for them while one walks through the pages: a clock would keep a session alive that nobody uses. */
export function useOpenRequests(): void {
  const session = useSession();
  const route = useRoute();
  let askedAtMs = 0;
  const ask = async (): Promise<void> => {
    if (!session.permissions.has('access:approve')) count.value = 0;
    else if (Date.now() - askedAtMs > pauseMs) {
      askedAtMs = Date.now();
      count.value = (await call(routes.listAccessRequests, {})).length;
    }
  };
  // What cannot be asked now is asked on another page.
  watch(
    () => [route.name, session.permissions],
    () => void ask().catch(() => undefined),
    { immediate: true },
  );
}

/** A page that has just asked knows better. */
export function noteOpenRequests(open: number): void {
  count.value = open;
}
