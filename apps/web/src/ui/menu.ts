import type { InjectionKey } from 'vue';

/** How an item closes the menu that it is in. */
export const closeMenu: InjectionKey<() => void> = Symbol('close menu');

const gap = 4;
const margin = 8;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

/** Where a list stands beside its button: on the wanted side where it fits, else on the other; never outside of the window. */
export function placeOf(
  button: Box,
  list: Pick<Box, 'width' | 'height'>,
  wish: { align: 'start' | 'end'; side: 'top' | 'bottom' },
): Record<string, string> {
  const { innerWidth, innerHeight } = window;
  const below = button.bottom + gap;
  const above = button.top - gap - list.height;
  const isAbove = wish.side === 'top' ? above >= margin : below + list.height > innerHeight - margin && above >= margin;
  const left = wish.align === 'start' ? button.left : button.right - list.width;
  const within = (value: number, size: number, room: number): number => Math.max(margin, Math.min(value, room - size - margin));
  return { left: `${within(left, list.width, innerWidth)}px`, top: `${within(isAbove ? above : below, list.height, innerHeight)}px` };
}
