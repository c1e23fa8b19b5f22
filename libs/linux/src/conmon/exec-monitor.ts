import { chown, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from '../crun/run-command.ts';
import { startProcess } from '../crun/start-process.ts';
import { runtimeMessage } from '../crun/runtime-message.ts';
import type { Owner } from '../files/id-mapping.ts';
import { AttachSocket } from './attach-socket.ts';
import { type ExecMonitorRequest, execMonitorArguments } from './monitor-command.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';
import { syncAnswers } from './start-monitor.ts';

/** A process in a container under a conmon of its own: it has a terminal, or nobody is attached, and it outlives the engine. */
export interface MonitoredExec {
  readonly started: { readonly process: ProcessIdentity | undefined } | { readonly refusal: string };
  /** The exit code; -1 where the monitor died without telling. It comes by a pipe of its own: output may still be on the way until the socket closes. */
  readonly ended: Promise<number>;
}

/**
 * Starts the exec. `connect` is called when the attach socket listens and before the process runs, so no byte of output is missed.
 * The exit directory must be the exec's own: conmon writes `<directory>/<container id>` there.
 */
export async function startMonitoredExec(request: ExecMonitorRequest, connect: (socket: AttachSocket) => void): Promise<MonitoredExec> {
  const { streams } = startProcess({
    program: request.program,
    args: execMonitorArguments(request),
    cwd: request.bundle,
    newSession: true,
    env: { ...childEnvironment, _OCI_SYNCPIPE: '3', _OCI_STARTPIPE: '4', _OCI_ATTACHPIPE: '5' },
    descriptors: ['nothing', 'nothing', 'nothing', 'we-read', 'we-write', 'we-read'],
  });
  const start = streams[4] as Writable;
  start.on('error', () => undefined);
  const answers = syncAnswers(streams[3] as Readable);
  start.write('0');
  const attachable = syncAnswers(streams[5] as Readable);
  const { value: listening } = await attachable.next();
  if (listening !== undefined && listening.data >= 0) connect(AttachSocket.connect(join(request.bundle, 'attach')));
  if (request.owner !== undefined) await givePipes(request.bundle, request.owner);
  start.end('0');
  const { value: first } = await answers.next();
  if (first === undefined || first.data < 0) {
    await answers.return(undefined);
    return { started: { refusal: runtimeMessage(first?.message ?? '') }, ended: Promise.resolve(-1) };
  }
  const ended = answers.next().then(async ({ value }) => {
    await answers.return(undefined);
    return value?.data ?? -1;
  });
  return { started: { process: identifyProcess(first.data) }, ended };
}

const pipesWithinMs = 15_000;

/**
 * Lets the process open its output by name (`/dev/stdout`): a runtime may not give it the pipes from inside a user namespace. They are those of the monitor's child, which
 * waits for our word before it becomes the runtime. Without them the exec goes on.
 */
async function givePipes(bundle: string, { uid, gid }: Owner): Promise<void> {
  for (const last = Date.now() + pipesWithinMs; Date.now() < last; await sleep(1)) {
    const child = await childOf(join(bundle, 'conmon.pid'));
    const paths = [0, 1, 2].map((descriptor) => `/proc/${child}/fd/${descriptor}`);
    // Before they are in their places, the monitor's own are there: /dev/null.
    const found = await Promise.all(paths.map(async (path) => (await stat(path).catch(() => undefined))?.isFIFO() === true));
    if (!found.every(Boolean)) continue;
    await Promise.all(paths.map((path) => chown(path, uid, gid)));
    return;
  }
}

async function childOf(pidFile: string): Promise<string> {
  const pid = (await readFile(pidFile, 'utf8').catch(() => '')).trim();
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return children.split(' ')[0] ?? '';
}
