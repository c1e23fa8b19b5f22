import { useResizeObserver } from '@vueuse/core';
import { onMounted, type Ref, type ShallowRef, watch } from 'vue';

interface Followed {
  readonly scroller: Readonly<ShallowRef<HTMLElement | null>>;
  readonly isFollowing: Ref<boolean>;
  /** Moves with each change of what is shown. */
  readonly revision: () => number;
  /** Keeps the lines in their place after lines went or came in front of them. */
  readonly hold: () => void;
}

const nearPx = 4;

/** Keeps the end in sight while following. Scrolling up, by whatever means, is reading and ends it; coming back to the end follows again. */
export function useFollowing({ scroller, isFollowing, revision, hold }: Followed) {
  let last = { top: 0, height: 0, room: 0 };

  function toEnd(): void {
    const element = scroller.value;
    if (!element) return;
    element.scrollTop = element.scrollHeight;
    last = placeOf(element);
  }

  function settle(): void {
    if (isFollowing.value) toEnd();
    else hold();
  }

  function onScroll(): void {
    const element = scroller.value;
    if (!element) return;
    const now = placeOf(element);
    const isSameSize = now.height === last.height && now.room === last.room;
    if (now.height - now.top - now.room < nearPx) isFollowing.value = true;
    else if (isSameSize && now.top < last.top - nearPx) isFollowing.value = false;
    last = now;
  }

  watch(revision, settle, { flush: 'post' });
  watch(isFollowing, (now) => now && toEnd(), { flush: 'post' });
  onMounted(settle);
  useResizeObserver(scroller, () => {
    if (isFollowing.value) toEnd();
  });
  return {
    onScroll,
    onWheel: ({ deltaY }: WheelEvent): void => {
      if (deltaY < 0) isFollowing.value = false;
    },
  };
}

/** A place moves by itself when the size changes: only a move at the same size is somebody's. */
function placeOf({ scrollTop: top, scrollHeight: height, clientHeight: room }: HTMLElement): { top: number; height: number; room: number } {
  return { top, height, room };
}
