import { type AsyncComponentLoader, type Component, defineAsyncComponent } from 'vue';

let coming = 0;

/** Whether a dialog was asked for whose script is not there yet: what is pressed meanwhile is meant for it. */
export const isDialogComing = (): boolean => coming > 0;

/** A dialog whose script is loaded when it is first opened; keys of the page behind do nothing until it shows. */
export function lazyDialog<Dialog extends Component>(load: AsyncComponentLoader<Dialog>): Dialog {
  return defineAsyncComponent(async () => {
    coming += 1;
    try {
      return await load();
    } finally {
      // It is rendered in the flush after this.
      setTimeout(() => (coming -= 1));
    }
  });
}
