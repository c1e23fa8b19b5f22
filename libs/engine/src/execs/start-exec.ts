import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { type Bytes, stringify } from '@gantry/engine-api';
import { type ContainersHost, publish } from '../containers/containers-host.ts';
import type { Exec, ExecConfig } from './exec.ts';
import { execProcess } from './exec-process.ts';
import { type ExecClient, execStream, type RunningExec } from './exec-stream.ts';
import { publishExec } from './exec-events.ts';
import { monitoredExec } from './monitored-exec.ts';
import { pipedExec } from './piped-exec.ts';
import { durableStep } from '../state/durable-step.ts';

export interface StartedExec {
  /** The client's bytes in, the process' out. Its end is the process' end. */
  readonly open: (client: ExecClient) => Bytes;
  /** The process runs; rejects where it could not be started. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
}

interface ExecPlace {
  readonly config: ExecConfig;
  readonly directory: string;
  readonly isDetached: boolean;
}

/**
 * Starts the process of an exec. Attached without a terminal it is crun's own child on pipes (fast); with a terminal or detached it gets a monitor, so
 * that the terminal can be resized and the process outlives the engine. Where it cannot be started, the exec has exit code 126, 127 or 128 and the
 * client reads the reason from the stream, as from dockerd.
 */
export function startExec(host: ContainersHost, exec: Exec, place: ExecPlace): StartedExec {
  const ended = Promise.withResolvers<undefined>();
  const running = begin(host, exec, place).catch((cause: unknown) => {
    exec.state = { name: 'exited', code: exitCodeOf(cause), pid: 0 };
    throw cause;
  });
  running
    .then(({ end }) => end)
    .then(
      () => ended.resolve(undefined),
      () => ended.resolve(undefined),
    );
  running.catch(() => undefined);
  const left = (): void => publish(host, exec.container, { action: 'exec_detach', more: { execID: exec.id } });
  return {
    open: (client) => execStream(exec, { starting: running, left }, client),
    ready: running.then(() => undefined),
    ended: ended.promise,
  };
}

async function begin(host: ContainersHost, exec: Exec, place: ExecPlace): Promise<RunningExec> {
  const directory = join(place.directory, exec.id);
  const isMonitored = place.config.tty || place.isDetached;
  const { container } = exec;
  void host.cgroups.expectMoves();
  const [{ spec, owner }] = await Promise.all([
    execProcess(host, container, place.config),
    durableStep('exec.directory', () => mkdir(isMonitored ? join(directory, 'exits') : directory, { recursive: true, mode: 0o700 })),
  ]);
  await writeFile(join(directory, 'process.json'), stringify(spec), { mode: 0o600 });
  publishExec(host, container, { verb: 'exec_start', exec });
  return isMonitored ? monitoredExec(host, exec, { ...place, directory, owner }) : pipedExec(host, exec, { directory, owner });
}

function exitCodeOf(cause: unknown): number {
  const { details } = Failure.from(cause);
  return typeof details['exitCode'] === 'number' ? details['exitCode'] : 126;
}
