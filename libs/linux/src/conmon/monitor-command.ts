import type { Owner } from '../files/id-mapping.ts';

export interface MonitorRequest {
  /** Absolute path of conmon. */
  readonly program: string;
  /** The runtime's command before its verb. */
  readonly runtime: readonly string[];
  readonly id: string;
  /** The OCI bundle; conmon puts `ctl`, `attach`, `pidfile`, `conmon.pid` and `oom` beside config.json. */
  readonly bundle: string;
  /** `<exitDirectory>/<id>` is written when the process has ended. */
  readonly exitDirectory: string;
  /** undefined: no log is kept. */
  readonly logPath: string | undefined;
  readonly terminal: boolean;
  /** Whether the process gets a standard input to attach to. */
  readonly stdin: boolean;
  /** Whether it stays open when the client that was attached is gone. */
  readonly leaveStdinOpen: boolean;
}

/**
 * conmon's arguments for a container (conmon 2.1, `conmon --help`). Never `--log-size-max`: its count goes on over reopened files, so that after some
 * rotations conmon would throw away a file that is well below its limit (seen with 2.1.6).
 */
export function monitorArguments(request: MonitorRequest): string[] {
  return [...commonArguments(request), '--persist-dir', request.bundle, '--full-attach'];
}

export interface ExecMonitorRequest extends MonitorRequest {
  /** File with the OCI process of the exec. */
  readonly processFile: string;
  /** Who its process is on the host, where the container has ids of its own: its pipes are made to be that user's. */
  readonly owner?: Owner | undefined;
}

/** conmon's arguments for an exec in a running container: id is the container's, bundle is a directory of the exec's own. */
export function execMonitorArguments(request: ExecMonitorRequest): string[] {
  return [...commonArguments(request), '--full-attach', '-e', '--exec-attach', '--exec-process-spec', request.processFile];
}

function commonArguments(request: MonitorRequest): string[] {
  const [runtime, ...runtimeArguments] = request.runtime;
  const log = request.logPath === undefined ? 'none' : `k8s-file:${request.logPath}`;
  return [
    ...['--api-version', '1', '-c', request.id, '-u', request.id, '-n', request.id, '-r', runtime ?? ''],
    ...runtimeArguments.flatMap((argument) => ['--runtime-arg', argument]),
    ...['-b', request.bundle, '-p', `${request.bundle}/pidfile`, '-P', `${request.bundle}/conmon.pid`],
    ...['--exit-dir', request.exitDirectory, '-l', log, '--log-level', 'error'],
    ...(request.terminal ? ['-t'] : []),
    ...(request.stdin ? ['-i'] : []),
    ...(request.stdin && request.leaveStdinOpen ? ['--leave-stdin-open'] : []),
  ];
}
