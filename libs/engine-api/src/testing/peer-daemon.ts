import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { get } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export type PeerDaemon = ChildProcessByStdio<null, null, Readable>;

const startsWithinMs = 50_000;

export interface PeerProgram {
  /** A shell script that becomes the engine. */
  readonly script: string;
  /** The words for it, `$0` first. */
  readonly words: readonly string[];
  /** The folders of its programs, as a PATH. */
  readonly programs: string;
  /** The file that gets what it says. */
  readonly logPath: string;
}

/**
 * Starts an engine in network, mount and process namespaces of its own: killing the first process ends all of it, and nothing of it shows on this
 * machine but its cgroups. It ends with this process, also when a test run is killed.
 */
export function launchPeer({ script, words, programs, logPath }: PeerProgram): PeerDaemon {
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-c', script, ...words], {
    env: { ...process.env, NODE_OPTIONS: '', PATH: `${programs}:/usr/sbin:/sbin:${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.pipe(createWriteStream(logPath));
  return child;
}

/** Resolves when the engine answers on its socket. */
export async function peerAnswers(child: ChildProcess, socketPath: string): Promise<void> {
  const deadline = Date.now() + startsWithinMs;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
    if (await answers(socketPath)) return;
    if (Date.now() > deadline) throw new Error(`no socket after ${startsWithinMs} ms`);
    await sleep(25);
  }
}

const answers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const ping = get({ socketPath, path: '/_ping', agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    });
    ping.setTimeout(5000, () => ping.destroy(new Error('no answer')));
    ping.on('error', () => resolve(false));
  });

/** The first process of the namespace, as this machine numbers it. */
export function firstProcess(child: ChildProcess): number {
  const pid = childOf(child);
  if (pid === undefined) throw new Error('the engine has ended');
  return pid;
}

/** undefined: it has not begun, or has ended. */
const childOf = ({ pid = 0 }: ChildProcess): number | undefined =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()) || undefined;

/**
 * Kills the first process; resolves when all have ended: the kernel ends every process of a process namespace with its first one, and lets `unshare` go
 * only when all are gone.
 */
export async function endPeer(child: ChildProcess, afterKill: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  const first = childOf(child);
  // Without one `unshare` is at its beginning, or at its end and not yet heard of. Zero would be this process and all its relatives.
  if (first === undefined) child.kill('SIGKILL');
  else process.kill(first, 'SIGKILL');
  await afterKill();
  await ended;
}
