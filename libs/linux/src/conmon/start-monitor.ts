import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { Failure } from '@gantry/base';
import { childEnvironment } from '../crun/run-command.ts';
import { runtimeMessage } from '../crun/runtime-message.ts';
import { type MonitorRequest, monitorArguments } from './monitor-command.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

export interface Monitor {
  /** The container's first process: created, it waits for `start`. */
  readonly init: ProcessIdentity;
  readonly monitor: ProcessIdentity;
}

/**
 * Starts conmon, which creates the container by the runtime and stays as its parent: it keeps log, exit code and terminal while no engine runs.
 * Fails with `internal` and the runtime's own sentence where the container cannot be created; nothing of conmon is left then.
 */
export async function startMonitor(request: MonitorRequest): Promise<Monitor> {
  const child = spawn(request.program, monitorArguments(request), {
    cwd: request.bundle,
    detached: true,
    env: { ...childEnvironment, _OCI_SYNCPIPE: '3' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const stderr = textOf(child.stderr as Readable);
  const answers = syncAnswers(child, 3);
  const { value } = await answers.next();
  // conmon forks: the child that we know ends at once, the monitor goes on and must not keep us alive.
  child.unref();
  if (value === undefined || value.data < 0) throw createFailure(value?.message ?? (await stderr));
  await answers.return(undefined);
  const monitorPid = Number(await readFile(`${request.bundle}/conmon.pid`, 'utf8'));
  const [init, monitor] = [identifyProcess(value.data), identifyProcess(monitorPid)];
  if (init === undefined || monitor === undefined) throw new Failure('internal', `container ${request.id} ended before it was started`);
  return { init, monitor };
}

export interface SyncAnswer {
  readonly data: number;
  readonly message?: string;
}

/** The lines of JSON that conmon writes to its sync pipe; ends with the pipe. */
export async function* syncAnswers(child: ChildProcess, descriptor: number): AsyncGenerator<SyncAnswer, undefined> {
  const pipe = child.stdio[descriptor] as Readable;
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => {
      reject(new Failure('unavailable', `cannot start conmon: ${cause.message}`, { cause }));
    });
  });
  failed.catch(() => undefined);
  const chunks = pipe[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest = '';
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), failed]);
      if (next.done === true) break;
      const lines = (rest + next.value.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as SyncAnswer;
    }
    if (rest.trim() !== '') yield JSON.parse(rest) as SyncAnswer;
  } finally {
    pipe.destroy();
  }
}

function createFailure(output: string): Failure {
  return new Failure('internal', runtimeMessage(output), { details: { output } });
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
