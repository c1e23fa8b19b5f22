type Field = HTMLInputElement | HTMLTextAreaElement;

const forms = 'form, [role=dialog]';
const typed = new Set<Element>();

/** Notes which fields of forms somebody has written in, and which texts somebody edits. What is sent is not lost any more; words to search for never are. */
export function noteTypedFields(): void {
  window.addEventListener('input', ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    if (target.isContentEditable || (isField(target) && target.type !== 'search' && target.closest(forms) !== null)) typed.add(target);
  });
  window.addEventListener('submit', () => typed.clear());
}

/** Whether there is a field on the page that somebody has written in, and not sent. */
export function hasTypedFields(): boolean {
  for (const field of typed) if (!field.isConnected) typed.delete(field);
  return [...typed].some((field) => !isField(field) || field.value !== '');
}

function isField(element: Element): element is Field {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
}
