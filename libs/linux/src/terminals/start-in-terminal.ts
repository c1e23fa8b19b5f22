import { closeSync, constants, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Failure } from '@gantry/base';
import koffi from 'koffi';
import { socketOver } from '../conmon/socket-over.ts';
import { startProcess } from '../crun/start-process.ts';
import { systemFailure } from '../system/system-failure.ts';

const libc = koffi.load(null);
const ioctl = libc.func('int ioctl(int fd, ulong request, void *argument)') as (fd: number, request: number, argument: Buffer) => number;

// <asm-generic/ioctls.h>
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x8004_5430;
const TIOCSPTLCK = 0x4004_5431;

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface TerminalRequest {
  /** Absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly size: TerminalSize;
}

/** A program in a terminal of its own: the leader of a session that the terminal controls. */
export interface TerminalProcess {
  /** What is written is typed, what is read is shown. Destroying it hangs the terminal up: the kernel sends SIGHUP to what runs in front. Reading ends with an error (EIO). */
  readonly terminal: Socket;
  /** Its exit code; 128 + signal where one ended it. */
  readonly ended: Promise<number>;
  /** Sends a signal to the program; nothing where it has ended. */
  signal(name: NodeJS.Signals): void;
  /** What runs in front hears of it (SIGWINCH). Nothing once the terminal is destroyed. */
  resize(size: TerminalSize): void;
}

/** Starts a program in a new terminal (pty). Fails with `unavailable` where it cannot be started, or the system has no terminal left. */
export function startInTerminal({ size, ...request }: TerminalRequest): TerminalProcess {
  const master = openMaster();
  let started: ReturnType<typeof startProcess>;
  try {
    resize(master, size);
    started = startProcess({ ...request, newSession: true, terminal: slaveOf(master), descriptors: [] });
  } catch (cause) {
    closeSync(master);
    throw cause;
  }
  const terminal = socketOver(master).on('error', () => undefined);
  const { pid, ended } = started;
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  return {
    terminal,
    ended,
    signal: (name) => {
      // Its number is its own until it is waited for, which is its end here.
      if (!hasEnded) process.kill(pid, name);
    },
    resize: (next) => {
      if (!terminal.destroyed) resize(master, next);
    },
  };
}

function openMaster(): number {
  try {
    return openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
  } catch (cause) {
    throw new Failure('unavailable', `the system has no terminal left: ${(cause as Error).message}`, { cause });
  }
}

/** Unlocks the other end and says where it is. */
function slaveOf(master: number): string {
  const [unlocked, number] = [Buffer.alloc(4), Buffer.alloc(4)];
  if (ioctl(master, TIOCSPTLCK, unlocked) !== 0) throw systemFailure('ioctl', 'TIOCSPTLCK of a terminal', koffi.errno());
  if (ioctl(master, TIOCGPTN, number) !== 0) throw systemFailure('ioctl', 'TIOCGPTN of a terminal', koffi.errno());
  return `/dev/pts/${number.readUInt32LE()}`;
}

function resize(master: number, { columns, rows }: TerminalSize): void {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(rows, 0);
  size.writeUInt16LE(columns, 2);
  if (ioctl(master, TIOCSWINSZ, size) !== 0) throw systemFailure('ioctl', 'TIOCSWINSZ of a terminal', koffi.errno());
}
