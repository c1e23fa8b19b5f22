import { Unicode11Addon } from '@xterm/addon-unicode11';
import { Terminal as Xterm } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { copyText } from '../../ui/copy-text.ts';
import { refuseReports } from './refuse-reports.ts';
import { terminalColours } from './terminal-colours.ts';

/** The screen of one terminal, not yet in any place. */
export function newScreen(isReadOnly: boolean): Xterm {
  const xterm = new Xterm({
    fontFamily: '"Geist Mono Variable", monospace',
    fontSize: 13,
    lineHeight: 1.2,
    cursorBlink: !isReadOnly && !matchMedia('(prefers-reduced-motion: reduce)').matches,
    disableStdin: isReadOnly,
    scrollback: 10_000,
    allowProposedApi: true,
    screenReaderMode: false,
    theme: terminalColours,
  });
  xterm.loadAddon(new Unicode11Addon());
  xterm.unicode.activeVersion = '11';
  refuseReports(xterm);
  xterm.attachCustomKeyEventHandler((event) => isForTerminal(event, xterm));
  return xterm;
}

/** A terminal takes every key but those with Ctrl and Shift: they are the page's, and Ctrl Shift C copies what is selected. */
function isForTerminal(event: KeyboardEvent, xterm: Xterm): boolean {
  if (!event.ctrlKey || !event.shiftKey) return true;
  if (event.type === 'keydown' && event.key.toLowerCase() === 'c' && xterm.hasSelection()) {
    event.preventDefault();
    void copyText(xterm.getSelection());
  }
  return false;
}
