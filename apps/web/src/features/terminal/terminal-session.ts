import { Failure } from '@gantry/base';
import { ByteQueue } from '@gantry/engine-api/client';
import { FitAddon } from '@xterm/addon-fit';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { Terminal as Xterm } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { streamingEngineOn } from '../../api/engine-channels.ts';
import { engineOn } from '../../api/engine.ts';
import { text } from '../../i18n/i18n.ts';
import { copyText } from '../../ui/copy-text.ts';
import { refuseReports } from './refuse-reports.ts';
import { terminalColours } from './terminal-colours.ts';
import { sequenceOf, withControl } from './terminal-keys.ts';
import type { Terminal, TerminalSession } from './terminal.ts';

/** What may be pasted ahead of a slow program. */
const mostTyped = 1024 * 1024;

/** The best shell that the image has. */
const shell = ['/bin/sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash; exec sh'];

/** Starts the shell and binds it to a screen of its own. What ends it is written into the terminal and into `terminal.said`. */
export function startSession(terminal: Terminal): TerminalSession {
  const xterm = newScreen();
  const fitting = new FitAddon();
  xterm.loadAddon(fitting);
  const element = document.createElement('div');
  element.className = 'h-full w-full';
  const closing = new AbortController();
  let isMounted = false;
  void run(terminal, xterm, closing.signal);
  return {
    element,
    fit() {
      if (!isMounted) xterm.open(element);
      isMounted = true;
      fitting.fit();
      terminal.size = `${xterm.cols}×${xterm.rows}`;
    },
    focus: () => xterm.focus(),
    press(key) {
      xterm.input(sequenceOf(key, xterm.modes.applicationCursorKeysMode));
      xterm.focus();
    },
    holdControl() {
      terminal.isControlHeld = !terminal.isControlHeld;
      xterm.focus();
    },
    close() {
      closing.abort();
      xterm.dispose();
    },
  };
}

function newScreen(): Xterm {
  const xterm = new Xterm({
    fontFamily: '"Geist Mono Variable", monospace',
    fontSize: 13,
    lineHeight: 1.2,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
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

async function run(terminal: Terminal, xterm: Xterm, signal: AbortSignal): Promise<void> {
  try {
    const exec = await createExec(terminal, signal);
    const resize = (): void => {
      void engineOn(terminal.host)
        .call('ExecResize', { path: { id: exec }, query: { h: xterm.rows, w: xterm.cols } }, signal)
        .catch(() => undefined);
    };
    await splice(terminal, xterm, { exec, resize, signal });
    const { ExitCode: code } = await (
      await engineOn(terminal.host).call('ExecInspect', { path: { id: exec } }, signal)
    ).json<{ ExitCode: number | null }>();
    terminal.said = text('terminal.ended', { code: code ?? 0 });
  } catch (thrown) {
    if (signal.aborted) return;
    terminal.said = Failure.from(thrown).message;
  }
  terminal.state = 'ended';
  xterm.write(`\r\n\x1b[2m${terminal.said}\x1b[0m\r\n`);
}

async function createExec({ host, id }: Terminal, signal: AbortSignal): Promise<string> {
  const body = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true, Cmd: shell, Env: ['TERM=xterm-256color'] };
  const answer = await engineOn(host).call('ContainerExec', { path: { id }, body }, signal);
  return (await answer.json<{ Id: string }>()).Id;
}

async function splice(terminal: Terminal, xterm: Xterm, on: { exec: string; resize: () => void; signal: AbortSignal }): Promise<void> {
  const input = new ByteQueue(mostTyped);
  const opened = await streamingEngineOn(terminal.host).open(
    'ExecStart',
    { path: { id: on.exec }, body: { Detach: false, Tty: true } },
    on.signal,
  );
  const typing = [
    xterm.onData((data) => {
      input.offer(new TextEncoder().encode(terminal.isControlHeld ? withControl(data) : data));
      terminal.isControlHeld = false;
    }),
    xterm.onBinary((data) => input.offer(Uint8Array.from(data, (char) => char.charCodeAt(0)))),
    xterm.onResize(on.resize),
  ];
  terminal.state = 'open';
  on.resize();
  try {
    // xterm's callback after each chunk is the credit: a flood of output waits in the container, not in the page.
    for await (const chunk of opened.open(input.bytes)) await new Promise<void>((resolve) => xterm.write(chunk, resolve));
  } finally {
    for (const subscription of typing) subscription.dispose();
    input.end();
  }
}
