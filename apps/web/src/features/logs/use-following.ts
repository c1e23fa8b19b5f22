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

/** Keeps the end in sight while following. Scrolling up by hand, by whatever means, is reading and ends it; coming back to the end follows again. */
export function useFollowing({ scroller, isFollowing, revision, first, hold }: Followed): void {
  let known = first();
  let lastTop = 0;
  let handAtMs = -Infinity;

  function toEnd(): void {
    const element = scroller.value;
    if (!element) return;
    element.scrollTop = element.scrollHeight;
    lastTop = element.scrollTop;
  }

  function settle(): void {
    const came = known - first();
    known = first();
    if (isFollowing.value) toEnd();
    else if (came !== 0) hold(came);
  }

  // A place also moves by itself, when lines are measured or the window changes; a hand that drags goes on for as long as it scrolls.
  const touched = (): void => void (handAtMs = performance.now());
  useEventListener(scroller, [...byHand], touched, { passive: true });
  useEventListener(scroller, 'scroll', ({ currentTarget }) => {
    const { scrollTop, scrollHeight, clientHeight } = currentTarget as HTMLElement;
    const isByHand = performance.now() - handAtMs < handMs;
    if (isByHand) touched();
    if (scrollHeight - scrollTop - clientHeight < nearPx) isFollowing.value = true;
    else if (isByHand && scrollTop < lastTop - nearPx) isFollowing.value = false;
    lastTop = scrollTop;
  });

  watch(revision, settle, { flush: 'post' });
  watch(isFollowing, (now) => now && toEnd(), { flush: 'post' });
  onMounted(settle);
  useResizeObserver(scroller, () => isFollowing.value && toEnd());
}
