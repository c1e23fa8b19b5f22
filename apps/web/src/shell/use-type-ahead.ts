import { onScopeDispose, type Ref } from 'vue';

/**
 * Keeps what is typed between the moment a field was asked for and the one in which it has the focus: it is meant for the field, and the page behind
 * would take the letters for keys of its own, so nothing that listens later hears of them. Escape asks for the field no longer.
 */
export function useTypeAhead(isComing: () => boolean, typed: Ref<string>, leave: () => void): void {
  const onKey = (event: KeyboardEvent): void => {
    if (!isComing() || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.key === 'Escape') leave();
    else if (event.key === 'Backspace') typed.value = typed.value.slice(0, -1);
    else if (event.key.length === 1) typed.value += event.key;
  };
  window.addEventListener('keydown', onKey, true);
  onScopeDispose(() => window.removeEventListener('keydown', onKey, true));
}
