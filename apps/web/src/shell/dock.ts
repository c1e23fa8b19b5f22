import { computed, shallowRef } from 'vue';
import { terminals } from '../features/terminal/terminals.ts';

const isOpen = shallowRef(false);
const hasTerminals = computed(() => terminals.value.length > 0);

/** The strip at the bottom that keeps terminals while one walks through the pages. */
export const dock = {
  isOpen,
  hasTerminals,
  toggle: (): void => {
    isOpen.value = !isOpen.value && hasTerminals.value;
  },
};
