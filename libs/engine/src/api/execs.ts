import { empty, type Handlers, hijack, json, multiplexedStream, rawStream } from '@gantry/engine-api';
import type { Exec } from '../execs/exec.ts';
import type { Execs } from '../execs/execs.ts';
import { sizeOf } from './terminal-size.ts';

/** The routes of execs: rows to verbs, and nothing else. */
export function execHandlers(execs: Execs): Handlers {
  return {
    ContainerExec: async (call) => {
      const body = await call.json();
      const exec = execs.create(call.id, {
        user: body.User ?? '',
        isPrivileged: body.Privileged ?? false,
        tty: body.Tty ?? false,
        consoleSize: pair(body.ConsoleSize),
        attachStdin: body.AttachStdin ?? false,
        attachStdout: body.AttachStdout ?? false,
        attachStderr: body.AttachStderr ?? false,
        detachKeys: body.DetachKeys ?? '',
        env: body.Env ?? [],
        workingDirectory: body.WorkingDir ?? '',
        command: body.Cmd ?? [],
      });
      return json(201, { Id: exec.id });
    },
    ExecStart: async (call) => {
      const body = await call.json();
      const started = await execs.start(call.id, { detach: body.Detach ?? false, consoleSize: pair(body.ConsoleSize) });
      if (body.Detach === true) return empty(200);
      // As dockerd does it goes by how the exec is started, whatever it was made with.
      const isRaw = body.Tty ?? false;
      return hijack({ 'content-type': isRaw ? rawStream : multiplexedStream }, (input) => started.open({ input, isRaw }));
    },
    ExecResize: async (call) => {
      await execs.resize(call.id, sizeOf(call.query));
      return empty(200);
    },
    ExecInspect: (call) => Promise.resolve(json(200, execView(execs.find(call.id)))),
  };
}

const pair = (size: readonly number[] | undefined): readonly [number, number] | undefined =>
  size && size.length === 2 ? [size[0] ?? 0, size[1] ?? 0] : undefined;

function execView({ id, container, config, state }: Exec): object {
  const [entrypoint = '', ...args] = config.command;
  return {
    ID: id,
    Running: state.name === 'running',
    ExitCode: state.name === 'exited' ? state.code : null,
    ProcessConfig: {
      tty: config.tty,
      entrypoint,
      arguments: args,
      privileged: config.isPrivileged,
      ...(config.user !== '' && { user: config.user }),
    },
    OpenStdin: config.attachStdin,
    OpenStderr: config.attachStderr,
    OpenStdout: config.attachStdout,
    // dockerd's own note for its next sweep of ended execs, minutes later.
    CanRemove: false,
    ContainerID: container.id,
    DetachKeys: '',
    Pid: state.name === 'running' ? (state.process?.pid ?? 0) : state.name === 'exited' ? state.pid : 0,
  };
}
