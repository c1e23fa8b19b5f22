import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { identifyProcess, type ProcessIdentity } from '../conmon/process-identity.ts';
import type { Owner } from '../files/id-mapping.ts';
import { killDescendants, killIfThere } from '../system/kill-process.ts';
import { runtimeMessage } from './runtime-message.ts';
import type { Runtime } from './runtime.ts';
import { startProcess } from './start-process.ts';

/** A process in a container without a terminal, on three pipes. It ends with the engine's life at the latest when its pipes break. */
export interface PipedExec {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The exit code, or why the runtime could not start it (its own sentence). */
  readonly ended: Promise<{ readonly code: number } | { readonly refusal: string }>;
  /** The process itself (the runtime's client that we started is another); undefined until it runs and after it ended. */
  process(): Promise<ProcessIdentity | undefined>;
  /** Ends the process with what it has started, or the runtime's client where it has not begun; `ended` tells when it has. Twice is once. */
  kill(): void;
}

export interface PipedExecPlace {
  /** Has `process.json`, and is the exec's own. */
  readonly directory: string;
  /** Who opens /dev/stdout and so on by name, where that is not who crun makes it: an id of a user namespace that is not the host's. */
  readonly owner?: Owner | undefined;
}

/** Starts `crun exec` with the OCI process in `<directory>/process.json`; the directory is the exec's own and keeps pid file and the runtime's log. */
export function startPipedExec(runtime: Runtime, containerId: string, { directory, owner }: PipedExecPlace): PipedExec {
  const log = join(directory, 'runtime.log');
  const pidFile = join(directory, 'pidfile');
  const files = ['--process', join(directory, 'process.json'), '--pid-file', pidFile];
  // Its log file keeps the runtime's own sentences apart from what the process says on stderr.
  const [program, ...before] = runtime.command;
  const args = [...before, '--log', log, 'exec', ...files, containerId];
  const started = startProcess({ program, args, descriptors: ['we-write', 'we-read', 'we-read'], owner });
  const [stdin, stdout, stderr] = started.streams as readonly [Socket, Socket, Socket];
  stdin.on('error', () => undefined);
  let isOver = false;
  const ended = started.ended.then(async (code) => {
    isOver = true;
    const text = code === 0 ? '' : await readFile(log, 'utf8').catch(() => '');
    return text.trim() === '' ? { code } : { refusal: runtimeMessage(text) };
  });
  return {
    stdin,
    stdout,
    stderr,
    ended,
    async process() {
      const pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
      return pid > 0 ? identifyProcess(pid) : undefined;
    },
    kill() {
      if (!isOver && !killDescendants(started.pid)) killIfThere(started.pid);
    },
  };
}

/** Ends what an exec of a former engine left running: the process that its pid file names, where that is in this control group. */
export async function endLeftExec(directory: string, group: string): Promise<void> {
  const pid = Number(await readFile(join(directory, 'pidfile'), 'utf8').catch(() => '0'));
  const groups = pid > 0 ? await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '') : '';
  if (!groups.split('\n').some((line) => line.endsWith(`:${group}`))) return;
  killDescendants(pid);
  killIfThere(pid);
}
