import { computed } from 'vue';
import { isDockOpen, terminals } from '../features/terminal/terminals.ts';

const hasTerminals = computed(() => terminals.value.length > 0);

/** The strip at the bottom that keeps terminals while one walks through the pages. */
export const dock = {
  isOpen: isDockOpen,
  hasTerminals,
  toggle: (): void => {
    isDockOpen.value = !isDockOpen.value && hasTerminals.value;
  },
};
