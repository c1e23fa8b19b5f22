import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { dockerEngine, type EngineClient, engineClient } from '@gantry/engine-api';

export interface EngineProcess {
  readonly client: EngineClient;
  readonly instance: string;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

const program = new URL('engine-until-killed.ts', import.meta.url).pathname;

/** A native engine in a process of its own, with its roots and its socket below `root`. With a directory of accounts containers have the ids of `dockremap` in them. */
export async function startEngineProcess(root: string, accounts?: string): Promise<EngineProcess> {
  const socket = join(root, 'docker.sock');
  const args = [
    '--conditions=source',
    program,
    join(root, 'data'),
    join(root, 'run'),
    socket,
    ...(accounts === undefined ? [] : [accounts]),
  ];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) {
    const instance = /^listening (\w{6})$/.exec(line)?.[1];
    if (instance === undefined) continue;
    const kill = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
      child.kill(signal);
      await ended;
    };
    return { client: engineClient(dockerEngine({ socketPath: socket })), instance, kill };
  }
  throw new Error('the engine ended before it listened');
}
