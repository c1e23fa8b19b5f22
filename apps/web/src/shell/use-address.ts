import { computed, type WritableComputedRef } from 'vue';
import { type LocationQueryRaw, type Router, useRoute, useRouter } from 'vue-router';

/** What was put into the address and does not stand there yet: the router takes one change at a time and drops the one before. */
const coming = new WeakMap<Router, LocationQueryRaw>();

/** Puts words into the address (`?name=`), undefined takes one away. What is put there at the same time stays, and Back undoes nothing of it, for it replaces. */
export function useAddressChange(): (change: LocationQueryRaw) => void {
  const route = useRoute();
  const router = useRouter();
  return (change) => {
    const query = { ...(coming.get(router) ?? route.query), ...change };
    coming.set(router, query);
    void router.replace({ query }).finally(() => {
      if (coming.get(router) === query) coming.delete(router);
    });
  };
}

/** A word of the address: what a page shows can be linked to. */
export function useAddress(): (name: string) => WritableComputedRef<string> {
  const route = useRoute();
  const put = useAddressChange();
  return (name) =>
    computed({
      get: () => {
        const value = route.query[name];
        return typeof value === 'string' ? value : '';
      },
      set: (value) => put({ [name]: value || undefined }),
    });
}
