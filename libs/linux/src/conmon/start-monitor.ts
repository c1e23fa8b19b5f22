import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { Failure } from '@gantry/base';
import { childEnvironment } from '../crun/run-command.ts';
import { startProcess } from '../crun/start-process.ts';
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
  // conmon forks: the process that we know ends at once, the monitor goes on.
  const { streams } = startProcess({
    program: request.program,
    args: monitorArguments(request),
    cwd: request.bundle,
    newSession: true,
    env: { ...childEnvironment, _OCI_SYNCPIPE: '3' },
    descriptors: ['nothing', 'nothing', 'we-read', 'we-read'],
  });
  const stderr = textOf(streams[2] as Readable);
  const answers = syncAnswers(streams[3] as Readable);
  const { value } = await answers.next();
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
export async function* syncAnswers(pipe: Readable): AsyncGenerator<SyncAnswer, undefined> {
  let rest = '';
  try {
    for await (const chunk of pipe) {
      const lines = (rest + (chunk as Buffer).toString('utf8')).split('\n');
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
