import { defineAsyncComponent } from 'vue';

/** The run sheet is loaded when it is first opened. */
const RunSheetAsync = defineAsyncComponent(() => import('../run/RunSheet.vue'));
export { RunSheetAsync };
