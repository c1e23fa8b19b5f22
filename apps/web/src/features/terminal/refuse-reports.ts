import type { Terminal as Xterm } from '@xterm/xterm';

/** A program must not reach the clipboard or the window's title, nor make the terminal type: OSC 0, 1, 2, 8, 52 and DECRQSS do nothing. */
export function refuseReports(xterm: Xterm): void {
  for (const code of [0, 1, 2, 8, 52]) xterm.parser.registerOscHandler(code, () => true);
  xterm.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true);
}

/**
 * Questions that a terminal answers by typing (DA, DSR, DECRQM, colours) stay unanswered while `isSilent`: what was asked before is shown again after a
 * reload, and of several people who see the question one answers.
 */
export function answerOnlyOnce(xterm: Xterm, isSilent: () => boolean): void {
  for (const prefix of ['', '>', '=']) xterm.parser.registerCsiHandler({ ...(prefix ? { prefix } : {}), final: 'c' }, isSilent);
  for (const prefix of ['', '?']) {
    const sort = prefix ? { prefix } : {};
    xterm.parser.registerCsiHandler({ ...sort, final: 'n' }, isSilent);
    xterm.parser.registerCsiHandler({ ...sort, intermediates: '$', final: 'p' }, isSilent);
  }
  for (const code of [4, 10, 11, 12]) xterm.parser.registerOscHandler(code, isSilent);
}
