import { onScopeDispose } from 'vue';
import { type RouteLocationNormalized, useRouter } from 'vue-router';

/** Answers whether another page was asked for and is not there yet, as while its script is loaded. */
export function usePageComing(): () => boolean {
  const router = useRouter();
  let coming: RouteLocationNormalized | undefined;
  const end = (to: RouteLocationNormalized): void => {
    // One that was given up for another ends after that one has begun.
    if (coming === to) coming = undefined;
  };
  const undo = [
    router.beforeEach((to, from) => {
      coming = placeOf(to) === placeOf(from) ? undefined : to;
    }),
    router.afterEach(end),
    router.onError((_thrown, to) => {
      end(to);
    }),
  ];
  onScopeDispose(() => {
    for (const forget of undo) forget();
  });
  return () => coming !== undefined;
}

/** Tabs of one page are one place: their keys go on counting while the address follows. */
function placeOf({ name, params }: RouteLocationNormalized): string {
  return JSON.stringify([name, { ...params, tab: undefined }]);
}
