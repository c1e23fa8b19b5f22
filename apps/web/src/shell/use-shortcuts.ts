import { onScopeDispose } from 'vue';
import { useRouter } from 'vue-router';
import { dock } from './dock.ts';
import { isDialogComing } from './lazy-dialog.ts';
import { places } from './navigation.ts';
import { usePageComing } from './use-page-coming.ts';
import { useScope } from './use-scope.ts';

const sequenceMs = 1200;
let help: () => void = () => undefined;

/** Opens the list of keys, from wherever it is asked for. */
export function openHelp(): void {
  help();
}

/** Whether a key press belongs to a field or a terminal rather than to the page. */
export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)) && !isCheckbox(target)
  );
}

function isCheckbox(target: HTMLElement): boolean {
  return target instanceof HTMLInputElement && target.type === 'checkbox';
}

/** The keys of the whole app; lists and pages add their own. */
export function useShortcuts(open: { palette: () => void; help: () => void }): void {
  const router = useRouter();
  const scope = useScope();
  const isPageComing = usePageComing();
  /** By the clock of the presses themselves: a page that is held up takes the second of two quick ones late. */
  let goSinceMs = -sequenceMs;
  help = open.help;

  const onKey = (event: KeyboardEvent): void => {
    const isControl = event.ctrlKey || event.metaKey;
    const inTerminal = event.target instanceof Element && event.target.closest('.xterm') !== null;
    const isPages = isControl && (!inTerminal || event.shiftKey);
    if (isPages && event.key.toLowerCase() === 'k') return take(event, open.palette);
    if (isPages && event.key.toLowerCase() === 'j') return take(event, dock.toggle);
    if (isControl || event.altKey || isTyping(event) || event.defaultPrevented) return;
    goSinceMs = event.key === 'g' ? event.timeStamp : -sequenceMs;
    if (event.key === '?') take(event, open.help);
  };
  /** Before a list takes the letter for one of its own keys. */
  const onSecondKey = (event: KeyboardEvent): void => {
    const isOwn = event.target instanceof Element && event.target.closest('[role=menu], [role=dialog], .xterm') !== null;
    if (isOwn || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const place = event.timeStamp - goSinceMs > sequenceMs ? undefined : places.find(({ key }) => key === event.key);
    goSinceMs = -sequenceMs;
    if (place) {
      event.stopImmediatePropagation();
      take(event, () => void router.push(scope.to({ name: place.name })));
    } else if ((isPageComing() || isDialogComing()) && (event.key === 'Delete' || /^[^g?]$/.test(event.key))) {
      // Meant for the page or dialog that comes: the page that is left would restart or remove what is chosen in it.
      event.stopImmediatePropagation();
    }
  };
  window.addEventListener('keydown', onSecondKey, true);
  window.addEventListener('keydown', onKey);
  onScopeDispose(() => {
    window.removeEventListener('keydown', onSecondKey, true);
    window.removeEventListener('keydown', onKey);
  });
}

function take(event: KeyboardEvent, act: () => void): void {
  event.preventDefault();
  act();
}
