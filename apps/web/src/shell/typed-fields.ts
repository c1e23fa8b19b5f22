type Field = HTMLInputElement | HTMLTextAreaElement;

const forms = 'form, [role=dialog]';
const typed = new Set<Element>();

/** Notes which fields of forms somebody has written in, and which texts somebody edits. What is sent is not lost any more; words to search for never are. */
export function noteTypedFields(): void {
  window.addEventListener('input', ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    if (target.isContentEditable || (isField(target) && target.type !== 'search' && target.closest(forms) !== null)) note(target);
  });
  window.addEventListener('submit', () => typed.clear());
}

/** Whether there is a field on the page that somebody has written in, and not sent. */
export function hasTypedFields(): boolean {
  forgetGone();
  return [...typed].some((field) => !isField(field) || field.value !== '');
}

function note(field: Element): void {
  if (typed.has(field)) return;
  forgetGone();
  typed.add(field);
}

/** Fields of a form that was closed: nobody's any more, and not to be kept in memory. */
function forgetGone(): void {
  for (const field of typed) if (!field.isConnected) typed.delete(field);
}

function isField(element: Element): element is Field {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
}
