import { Unicode11Addon } from '@xterm/addon-unicode11';
import { Terminal as Xterm } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { refuseReports } from '../terminal/refuse-reports.ts';
import { terminalColours } from '../terminal/terminal-colours.ts';
import { type Cast, sizeOf } from './cast.ts';

/** A screen that shows a recording up to a moment. */
export interface CastScreen {
  /** Shows what there was to be seen at this moment. */
  show(atMs: number): void;
  dispose(): void;
}

/** Nothing can be typed into it, and what a program once said to its terminal reaches nothing but the screen. */
export function openCastScreen(cast: Cast, place: HTMLElement): CastScreen {
  const xterm = new Xterm({
    cols: cast.columns,
    rows: cast.rows,
    disableStdin: true,
    cursorBlink: false,
    fontFamily: '"Geist Mono Variable", monospace',
    fontSize: 13,
    lineHeight: 1.2,
    scrollback: 10_000,
    allowProposedApi: true,
    theme: terminalColours,
  });
  xterm.loadAddon(new Unicode11Addon());
  xterm.unicode.activeVersion = '11';
  refuseReports(xterm);
  xterm.open(place);
  let shown = 0;

  function restart(): void {
    xterm.reset();
    xterm.resize(cast.columns, cast.rows);
    shown = 0;
  }

  function showNext(): void {
    const event = cast.events[shown++];
    const size = event?.kind === 'size' ? sizeOf(event) : undefined;
    if (size) xterm.resize(size.columns, size.rows);
    else if (event?.kind === 'output') xterm.write(event.text);
  }

  return {
    show(atMs) {
      if ((cast.events[shown - 1]?.atMs ?? 0) > atMs) restart();
      while ((cast.events[shown]?.atMs ?? Infinity) <= atMs) showNext();
    },
    dispose: () => xterm.dispose(),
  };
}
