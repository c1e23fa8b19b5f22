import { computed, type WritableComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';

/** A word of the address (`?name=`): what a page shows can be linked to, and Back undoes it nowhere, for it replaces. */
export function useAddress(): (name: string) => WritableComputedRef<string> {
  const route = useRoute();
  const router = useRouter();
  return (name) =>
    computed({
      get: () => {
        const value = route.query[name];
        return typeof value === 'string' ? value : '';
      },
      set: (value) => void router.replace({ query: { ...route.query, [name]: value || undefined } }),
    });
}
