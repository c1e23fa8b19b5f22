import { defineAsyncComponent } from 'vue';
import { withTexts } from '../../i18n/i18n.ts';

/** The run sheet is loaded when it is first opened. */
const RunSheetAsync = defineAsyncComponent(
  withTexts(
    'run',
    withTexts('objects', () => import('../run/RunSheet.vue')),
  ),
);
export { RunSheetAsync };
