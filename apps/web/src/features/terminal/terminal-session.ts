import { Failure } from '@gantry/base';
import type { SessionNote } from '@gantry/engine-api/client';
import { FitAddon } from '@xterm/addon-fit';
import type { Terminal as Xterm } from '@xterm/xterm';
import { streamingEngineOn } from '../../api/engine-channels.ts';
import { engineOn } from '../../api/engine.ts';
import { text } from '../../i18n/i18n.ts';
import { answerOnlyOnce } from './refuse-reports.ts';
import { type SessionEnd, SessionStream } from './session-stream.ts';
import { newScreen } from './terminal-screen.ts';
import { bestShell } from './best-shell.ts';
import { sequenceOf, withControl } from './terminal-keys.ts';
import type { Terminal, TerminalSession } from './terminal.ts';

const againMs = 500;

const rowsOf = {
  container: { own: 'SessionAttach', join: 'SessionJoin', watch: 'SessionWatch', close: 'SessionClose' },
  host: { own: 'HostShellAttach', join: 'HostShellJoin', watch: 'HostShellWatch', close: 'HostShellClose' },
} as const;
const rows = ({ isOfHost = false }: Terminal) => rowsOf[isOfHost ? 'host' : 'container'];

/** Opens the shell, or comes back to one that is open, and binds it to a screen of its own. What ends it is written into the terminal and into `terminal.said`. */
export function startSession(terminal: Terminal): TerminalSession {
  const xterm = newScreen(terminal.mode === 'watch');
  const fitting = new FitAddon();
  xterm.loadAddon(fitting);
  const element = document.createElement('div');
  element.className = 'h-full w-full';
  const closing = new AbortController();
  const screen = new BoundScreen(terminal, xterm);
  void screen.run(closing.signal);
  return {
    element,
    fit() {
      if (!screen.isMounted) xterm.open(element);
      screen.isMounted = true;
      // Whoever is in somebody else's terminal sees it in the size that its owner has.
      if (terminal.mode === 'own') fitting.fit();
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
      const { sessionId: id, mode, state, host } = terminal;
      if (mode === 'own' && id !== undefined && state !== 'ended')
        void engineOn(host)
          .call(rows(terminal).close, { path: { id } })
          .catch(() => undefined); // it has ended meanwhile, or ends when nobody has been there for a while
    },
  };
}

/** A session and the screen that shows it. */
class BoundScreen {
  isMounted = false;
  readonly #terminal: Terminal;
  readonly #xterm: Xterm;
  #isFollowing = false;

  constructor(terminal: Terminal, xterm: Xterm) {
    this.#terminal = terminal;
    this.#xterm = xterm;
  }

  async run(signal: AbortSignal): Promise<void> {
    const terminal = this.#terminal;
    const stream = this.#stream(terminal.sessionId === undefined);
    // From the first on: what is typed while it opens is typed into it.
    const typing = terminal.mode === 'watch' ? [] : this.#listen(stream);
    try {
      terminal.sessionId ??= await this.#open(signal);
      terminal.said = wordsOf(await stream.run(signal));
    } catch (thrown) {
      if (signal.aborted) return;
      const { code, message } = Failure.from(thrown);
      terminal.said = code === 'not-found' && terminal.sessionId !== undefined ? text('session.gone') : message;
    } finally {
      for (const subscription of typing) subscription.dispose();
    }
    terminal.state = 'ended';
    terminal.people = [];
    this.#note(terminal.said);
  }

  async #open(signal: AbortSignal): Promise<string> {
    const { host, id, shell, isOfHost = false } = this.#terminal;
    const size = { w: this.#xterm.cols, h: this.#xterm.rows };
    if (isOfHost) return (await (await engineOn(host).call('HostShellStart', { query: size }, signal)).json<{ id: string }>()).id;
    const Cmd = shell === undefined ? [...bestShell] : [shell];
    const body = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true, Cmd, Env: ['TERM=xterm-256color'] };
    const created = await engineOn(host).call('ContainerExec', { path: { id }, body }, signal);
    const { Id } = await created.json<{ Id: string }>();
    await engineOn(host).call('SessionStart', { path: { id: Id }, query: size }, signal);
    return Id;
  }

  #stream(isNew: boolean): SessionStream {
    const { host, mode } = this.#terminal;
    const stream: SessionStream = new SessionStream({
      isNew,
      attach: (from, aborting) => {
        const path = { id: this.#terminal.sessionId ?? '' };
        return streamingEngineOn(host).open(rows(this.#terminal)[mode], { path, query: { from } }, aborting);
      },
      view: {
        show: (bytes) => new Promise((resolve) => this.#xterm.write(bytes, resolve)),
        skipped: (bytes) => this.#note(text('session.skipped', { count: bytes })),
        told: (note) => this.#hear(note),
        linked: (isLinked) => {
          this.#terminal.state = isLinked ? 'open' : 'lost';
          if (isLinked && mode === 'own' && this.isMounted) stream.resize(this.#xterm.cols, this.#xterm.rows);
        },
      },
      pause: (aborting) => pause(againMs, aborting),
    });
    answerOnlyOnce(this.#xterm, () => stream.isOld || mode !== 'own');
    return stream;
  }

  #listen(stream: SessionStream): { dispose(): void }[] {
    const terminal = this.#terminal;
    return [
      this.#xterm.onData((data) => {
        stream.type(new TextEncoder().encode(terminal.isControlHeld ? withControl(data) : data));
        terminal.isControlHeld = false;
      }),
      this.#xterm.onBinary((data) => stream.type(Uint8Array.from(data, (char) => char.charCodeAt(0)))),
      this.#xterm.onResize(({ cols, rows }) => {
        if (!this.#isFollowing && terminal.mode === 'own') stream.resize(cols, rows);
      }),
    ];
  }

  #hear(note: SessionNote): void {
    if (note.kind === 'present') this.#terminal.people = note.people;
    const isFirstSize = note.kind === 'hello' && (!this.isMounted || this.#terminal.mode !== 'own');
    if (note.kind !== 'size' && !isFirstSize) return;
    this.#isFollowing = true;
    this.#xterm.resize(note.columns, note.rows);
    this.#isFollowing = false;
    this.#terminal.size = `${note.columns}×${note.rows}`;
  }

  #note(words: string): void {
    this.#xterm.write(`\r\n\x1b[2m${words}\x1b[0m\r\n`);
  }
}

function wordsOf({ cause, by, exitCode }: SessionEnd): string {
  if (cause === 'unattended') return text('session.unattended');
  if (cause === 'ended' && by !== undefined) return text('session.endedBy', { name: by });
  if (cause === 'taken-away') return text('session.takenAway');
  if (cause === 'agent-stopped') return text('session.agentStopped');
  return text('terminal.ended', { code: exitCode ?? 0 });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(Failure.from(signal.reason));
    });
  });
}
