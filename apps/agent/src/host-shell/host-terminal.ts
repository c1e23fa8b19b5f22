import { type Bytes, pulledBytes } from '@gantry/engine-api';
import { startInTerminal, type TerminalProcess } from '@gantry/linux';
import type { SessionTerminal } from '../sessions/session.ts';
import type { LoginShell } from './login-shell.ts';

const graceMs = 2000;
/** What runs on behind a shell that has ended may hold its terminal; the session ends with the shell. */
const lastWordsMs = 1000;

/** Starts a login shell in a terminal of its own on the host. */
export function startHostTerminal(
  { program, home, environment }: LoginShell,
  size: { readonly columns: number; readonly rows: number },
): SessionTerminal {
  const started = startInTerminal({ program, args: ['-l'], cwd: home, env: environment, size });
  void started.ended.then(() => setTimeout(() => started.terminal.destroy(), lastWordsMs).unref());
  return {
    open(input) {
      void type(input, started);
      return outputOf(started);
    },
    resize(columns, rows) {
      started.resize({ columns, rows });
      return Promise.resolve();
    },
    hangUp: () => hangUp(started),
    exitCode: () => started.ended,
  };
}

async function type(input: Bytes, { terminal }: TerminalProcess): Promise<void> {
  try {
    for await (const bytes of input) {
      if (!terminal.write(bytes)) await new Promise((resolve) => terminal.once('drain', resolve).once('close', resolve));
    }
  } catch {
    // Whoever typed is gone, or the shell is.
  }
}

/** What the shell and its programs write; ends when the last of them has left the terminal, which the kernel tells as an error of reading. */
function outputOf({ terminal }: TerminalProcess): Bytes {
  const iterator = terminal[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return pulledBytes(
    async () => {
      try {
        const next = await iterator.next();
        return next.done === true ? undefined : next.value;
      } catch {
        return undefined;
      }
    },
    () => void terminal.destroy(),
  );
}

/** The terminal is closed: a hangup to what runs in it. A shell that stays is killed. */
async function hangUp(started: TerminalProcess): Promise<void> {
  started.terminal.destroy();
  const late = setTimeout(() => started.signal('SIGKILL'), graceMs);
  await started.ended;
  clearTimeout(late);
}
