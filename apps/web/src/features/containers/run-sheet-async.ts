import { withTexts } from '../../i18n/i18n.ts';
import { lazyDialog } from '../../shell/lazy-dialog.ts';

/** The run sheet is loaded when it is first opened. */
const RunSheetAsync = lazyDialog(
  withTexts(
    'run',
    withTexts('objects', () => import('../run/RunSheet.vue')),
  ),
);
export { RunSheetAsync };
