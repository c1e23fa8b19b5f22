import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { childEnvironment } from '../crun/run-command.ts';
import { startProcess } from '../crun/start-process.ts';
import { runtimeMessage } from '../crun/runtime-message.ts';
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
