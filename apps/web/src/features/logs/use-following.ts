import { useEventListener, useResizeObserver } from '@vueuse/core';
import { onMounted, type Ref, type ShallowRef, watch } from 'vue';

interface Followed {
  readonly scroller: Readonly<ShallowRef<HTMLElement | null>>;
  readonly isFollowing: Ref<boolean>;
  /** Moves with each change of what is shown. */
  readonly revision: () => number;
  /** The number of the first line. */
  readonly first: () => number;
  /** Keeps the lines in their place after so many came in front of them; below 0 where lines went. */
  readonly hold: (came: number) => void;
}

const nearPx = 4;
const handMs = 600;
const byHand = ['wheel', 'touchmove', 'keydown', 'pointerdown'] as const;

/** Where a scroller was when it was last looked at. */
function placeOf(scroller: Followed['scroller']) {
  let [topPx, heightPx] = [0, 0];
  const note = (): void => {
    if (scroller.value) [topPx, heightPx] = [scroller.value.scrollTop, scroller.value.scrollHeight];
  };
  return {
    note,
    isAbove: (element: HTMLElement): boolean => element.scrollTop < topPx - nearPx,
    /** Where somebody is who has gone to the end, and lines came in before the browser told of it. */
    isAtFormerEnd: ({ scrollTop, clientHeight }: HTMLElement): boolean => scrollTop > topPx && heightPx - scrollTop - clientHeight < nearPx,
    toEnd: (): void => {
      if (scroller.value) scroller.value.scrollTop = scroller.value.scrollHeight;
      note();
    },
  };
}

/** Keeps the end in sight while following. Scrolling up by hand, by whatever means, is reading and ends it; coming back to the end follows again. */
export function useFollowing({ scroller, isFollowing, revision, first, hold }: Followed): void {
  let known = first();
  let handAtMs = -Infinity;
  const { note, isAbove, isAtFormerEnd, toEnd } = placeOf(scroller);

  function settle(): void {
    const came = known - first();
    known = first();
    if (scroller.value && isAtFormerEnd(scroller.value)) isFollowing.value = true;
    if (isFollowing.value) return toEnd();
    if (came !== 0) hold(came);
    note();
  }

  // A place also moves by itself, when lines are measured or the window changes; a hand that drags goes on for as long as it scrolls.
  const touched = (): void => void (handAtMs = performance.now());
  useEventListener(scroller, [...byHand], touched, { passive: true });
  useEventListener(scroller, 'scroll', ({ currentTarget }) => {
    const element = currentTarget as HTMLElement;
    const { scrollTop, scrollHeight, clientHeight } = element;
    const isByHand = performance.now() - handAtMs < handMs;
    if (isByHand) touched();
    if (scrollHeight - scrollTop - clientHeight < nearPx) isFollowing.value = true;
    else if (isByHand && isAbove(element)) isFollowing.value = false;
    note();
  });

  watch(revision, settle, { flush: 'post' });
  watch(isFollowing, (now) => now && toEnd(), { flush: 'post' });
  onMounted(settle);
  useResizeObserver(scroller, () => isFollowing.value && toEnd());
}
