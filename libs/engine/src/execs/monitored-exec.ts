import { messages } from '@gantry/engine-api';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { type AttachSocket, type ExecMonitorRequest, type Owner, startMonitoredExec } from '@gantry/linux';
import { type ContainersHost, runtimeOf } from '../containers/containers-host.ts';
import { startRefusal } from '../containers/runtime-words.ts';
import type { Exec, ExecConfig } from './exec.ts';
import type { RunningExec } from './exec-stream.ts';
import { finishExec } from './finish-exec.ts';
import { OutputQueue } from './output-queue.ts';
import { durableStep } from '../state/durable-step.ts';

/** Under a monitor of its own: its terminal can be resized, and it outlives the engine. */
export async function monitoredExec(
  host: ContainersHost,
  exec: Exec,
  { config, directory, owner }: { config: ExecConfig; directory: string; owner: Owner | undefined },
): Promise<RunningExec> {
  const queue = new OutputQueue();
  let socket: AttachSocket | undefined;
  const attach = (connected: AttachSocket): void => {
    socket = connected;
    if (!config.tty) connected.endInput();
    connected.listen((output) => {
      queue.offer(output, connected);
    });
  };
  const request = { ...monitorRequest(host, exec, { config, directory }), ...(!config.tty && { owner }) };
  const monitor = await durableStep('exec.process', () => startMonitoredExec(request, attach));
  if ('refusal' in monitor.started) {
    socket?.close();
    const refusal = startRefusal(monitor.started.refusal, config.command[0] ?? '');
    throw new Failure('invalid', messages.runtimeExecFailed(refusal.words), { details: { exitCode: refusal.code } });
  }
  exec.bundle = directory;
  const process = monitor.started.process;
  exec.state = { name: 'running', process };
  const end = monitor.ended.then(async (code) => {
    await socket?.closed;
    finishExec(host, exec, { code, pid: process?.pid ?? 0 });
    queue.end();
    exec.bundle = undefined;
    await durableStep('exec.remove', () => rm(directory, { recursive: true, force: true }));
  });
  const write = async (bytes: Uint8Array): Promise<void> => socket?.write(bytes);
  const leave = (): void => {
    queue.abandon();
  };
  return { output: queue.parts(), write, endInput: () => socket?.endInput(), leave, end };
}

function monitorRequest(
  host: ContainersHost,
  exec: Exec,
  { config, directory }: { config: ExecConfig; directory: string },
): ExecMonitorRequest {
  return {
    program: host.monitorProgram,
    runtime: runtimeOf(host, exec.container.id).command,
    id: exec.container.id,
    bundle: directory,
    exitDirectory: join(directory, 'exits'),
    logPath: undefined,
    terminal: config.tty,
    // Without a terminal it is detached and gets a pipe that is at its end: conmon's other choice is this machine's /dev/null, which crun gives to the
    // container's user, who may then change its mode.
    stdin: config.attachStdin || !config.tty,
    leaveStdinOpen: false,
    processFile: join(directory, 'process.json'),
  };
}
