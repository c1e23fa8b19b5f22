import { QueryClient } from '@tanstack/vue-query';
import { Failure } from '@gantry/base';

/** One cache for what is asked for rather than pushed. Passed to each `useQuery`, so that pages without queries do not load it. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      retry: (times, error) => times < 2 && error instanceof Failure && error.code === 'unavailable',
    },
  },
});
