import { computed, type ComputedRef } from 'vue';
import { type RouteLocationRaw, useRoute, useRouter } from 'vue-router';

export interface Scope {
  /** The host that lists are limited to; undefined: the whole fleet. */
  readonly host: ComputedRef<string | undefined>;
  readonly choose: (host: string | undefined) => void;
  /** A place inside the same scope. */
  readonly to: (place: { name: string; params?: Record<string, string>; query?: Record<string, string> }) => RouteLocationRaw;
}

/** One fleet: a host is a filter in the address (`?scope=`), which every page keeps. */
export function useScope(): Scope {
  const route = useRoute();
  const router = useRouter();
  const host = computed(() => (typeof route.query['scope'] === 'string' ? route.query['scope'] : undefined));
  return {
    host,
    choose(next) {
      void router.push({ query: { ...route.query, scope: next } });
    },
    to: (place) => ({ ...place, query: { ...place.query, ...(host.value ? { scope: host.value } : {}) } }),
  };
}
