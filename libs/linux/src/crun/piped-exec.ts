import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Failure } from '@gantry/base';
import { identifyProcess, type ProcessIdentity } from '../conmon/process-identity.ts';
import { childEnvironment } from './run-command.ts';
import { runtimeMessage } from './runtime-message.ts';
import type { Runtime } from './runtime.ts';

/** A process in a container without a terminal, on three pipes. It ends with the engine's life at the latest when its pipes break. */
export interface PipedExec {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The exit code, or why the runtime could not start it (its own sentence). */
  readonly ended: Promise<{ readonly code: number } | { readonly refusal: string }>;
  /** The process itself (the runtime's client that we started is another); undefined until it runs and after it ended. */
  process(): Promise<ProcessIdentity | undefined>;
}

/** Starts `crun exec` with the OCI process in `<directory>/process.json`; the directory is the exec's own and keeps pid file and the runtime's log. */
export function startPipedExec(runtime: Runtime, containerId: string, directory: string): PipedExec {
  const log = join(directory, 'runtime.log');
  const pidFile = join(directory, 'pidfile');
  const files = ['--process', join(directory, 'process.json'), '--pid-file', pidFile];
  // Its log file keeps the runtime's own sentences apart from what the process says on stderr.
  const args = [...runtime.globalArguments, '--log', log, 'exec', ...files, containerId];
  const child = spawn(runtime.settings.program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: childEnvironment });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<{ code: number } | { refusal: string }>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new Failure('unavailable', `cannot start crun: ${cause.message}`, { cause }));
    });
    child.once('exit', (code) => {
      if (code === 0) resolve({ code });
      else
        void readFile(log, 'utf8')
          .catch(() => '')
          .then((text) => {
            resolve(text.trim() === '' ? { code: code ?? 137 } : { refusal: runtimeMessage(text) });
          });
    });
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    async process() {
      const pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
      return pid > 0 ? identifyProcess(pid) : undefined;
    },
  };
}
