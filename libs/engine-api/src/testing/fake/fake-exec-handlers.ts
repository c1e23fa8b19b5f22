import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import type { Bytes, EngineResponse } from '../../engine.ts';
import { multiplex, multiplexedStream, rawStream, type OutputPart } from '../../framing/multiplexed.ts';
import { noSuchExec, notRunning } from '../../messages.ts';
import { empty, hijack, json } from '../../replies.ts';
import type { Handlers } from '../../router.ts';
import type { FakeHost } from './fake-host.ts';

interface FakeExec {
  readonly container: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  isRunning: boolean;
  exitCode: number | null;
  size: string;
}

/** Execs and attached clients get back what they send; the first line of an exec says its command. */
export function fakeExecHandlers(engine: FakeHost): Handlers {
  const execs = new Map<string, FakeExec>();
  const find = (id: string): FakeExec => {
    const exec = execs.get(id);
    if (!exec) throw new Failure('not-found', noSuchExec(id));
    return exec;
  };
  return {
    ContainerExec: async (call) => {
      const container = engine.find(call.id);
      if (!container.isRunning) throw new Failure('conflict', notRunning(container.id));
      const { Cmd: command = [], Tty: tty = false } = await call.json();
      const id = randomBytes(32).toString('hex');
      execs.set(id, { container: container.id, command, tty, isRunning: false, exitCode: null, size: '' });
      return json(201, { Id: id });
    },
    ExecStart: async (call) => {
      const exec = find(call.id);
      const { Detach: isDetached = false } = await call.json();
      if (isDetached) return empty(200);
      exec.isRunning = true;
      return echo(exec.tty, {
        greeting: `$ ${exec.command.join(' ')}\n`,
        ended: () => Object.assign(exec, { isRunning: false, exitCode: 0 }),
      });
    },
    ExecResize: ({ id, query }) => {
      find(id).size = `${query.h ?? 0}x${query.w ?? 0}`;
      return Promise.resolve(empty(200));
    },
    ExecInspect: ({ id }) => Promise.resolve(json(200, inspect(id, find(id)))),
    ContainerAttach: (call) => Promise.resolve(echo(engine.find(call.id).config.tty, { greeting: '', ended: () => undefined })),
  };
}

function inspect(id: string, { container, command, tty, isRunning, exitCode }: FakeExec): unknown {
  return {
    ID: id,
    ContainerID: container,
    Running: isRunning,
    ExitCode: exitCode,
    OpenStdin: true,
    OpenStdout: true,
    OpenStderr: true,
    Pid: isRunning ? 4243 : 0,
    ProcessConfig: { entrypoint: command[0] ?? '', arguments: command.slice(1), tty, privileged: false },
  };
}

function echo(isTerminal: boolean, { greeting, ended }: { greeting: string; ended: () => unknown }): EngineResponse {
  return hijack({ 'content-type': isTerminal ? rawStream : multiplexedStream }, (input) =>
    isTerminal ? echoed(input) : multiplex(parts(echoed(input))),
  );

  async function* echoed(input: Bytes): AsyncGenerator<Uint8Array> {
    try {
      if (greeting !== '') yield new TextEncoder().encode(greeting);
      yield* input;
    } finally {
      ended();
    }
  }
}

async function* parts(bytes: Bytes): AsyncGenerator<OutputPart> {
  for await (const chunk of bytes) yield { stream: 'stdout', bytes: chunk };
}
