import type { Terminal as Xterm } from '@xterm/xterm';

/** A program must not reach the clipboard or the window's title, nor make the terminal type: OSC 0, 1, 2, 8, 52 and DECRQSS do nothing. */
export function refuseReports(xterm: Xterm): void {
  for (const code of [0, 1, 2, 8, 52]) xterm.parser.registerOscHandler(code, () => true);
  xterm.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true);
}
