import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure } from '@gantry/base';
import { childEnvironment } from '../crun/run-command.ts';
import { startProcess } from '../crun/start-process.ts';
import { runtimeMessage } from '../crun/runtime-message.ts';
import { AwaitedFile } from './awaited-file.ts';
import { type MonitorRequest, monitorArguments } from './monitor-command.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

export interface Monitor {
  /** The container's first process: created, it waits for `start`. */
  readonly init: ProcessIdentity;
  readonly monitor: ProcessIdentity;
}

/**
 * Starts conmon, which creates the container by the runtime and stays as its parent: it keeps log, exit code and terminal while no engine runs. `specification`
 * becomes the bundle's config.json; conmon and the runtime are started while it is still made, and wait for it. Fails with what it fails with, or with
 * `internal` and the runtime's own sentence where the container cannot be created; nothing of conmon is left then.
 */
export async function startMonitor(request: MonitorRequest, specification: Promise<string>): Promise<Monitor> {
  specification.catch(() => undefined); // awaited below
  using config = await AwaitedFile.open(join(request.bundle, 'config.json'));
  const conmon = launch(request);
  try {
    await config.fill(await specification);
  } catch (cause) {
    config.giveUp();
    await conmon.answers.next(); // that it could not create
    await conmon.answers.return(undefined);
    throw cause;
  }
  return await created(request, conmon);
}

interface Launched {
  readonly answers: AsyncGenerator<SyncAnswer, undefined>;
  readonly stderr: Promise<string>;
  readonly forked: Promise<number>;
}

/** conmon forks: the process that we know writes the monitor's number and ends at once (`forked`), the monitor goes on. */
function launch(request: MonitorRequest): Launched {
  const { streams, ended } = startProcess({
    program: request.program,
    args: monitorArguments(request),
    cwd: request.bundle,
    newSession: true,
    env: { ...childEnvironment, _OCI_SYNCPIPE: '3' },
    descriptors: ['nothing', 'nothing', 'we-read', 'we-read'],
  });
  return { stderr: textOf(streams[2] as Readable), answers: syncAnswers(streams[3] as Readable), forked: ended };
}

async function created(request: MonitorRequest, { answers, stderr, forked }: Launched): Promise<Monitor> {
  const { value } = await answers.next();
  if (value === undefined || value.data < 0) throw createFailure(value?.message ?? (await stderr));
  await answers.return(undefined);
  await forked; // on a busy machine it may come to writing the file after the container is there
  const monitorPid = Number(readFileSync(`${request.bundle}/conmon.pid`, 'utf8')); // of the run root, as short as what /proc is asked for next
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
