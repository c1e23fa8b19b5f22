import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { dockerEngine, type EngineClient, engineClient } from '@gantry/engine-api';

const program = new URL('serve-docker-host.ts', import.meta.url).pathname;

/** A Docker or Podman with what Gantry adds, as a process of its host or a person asks it. */
export interface DockerHost extends AsyncDisposable {
  readonly client: EngineClient;
  readonly person: EngineClient;
}

/** Runs it in the network, the mounts and the process namespace of an engine: on its host. */
export async function startDockerHost({ socketPath, enter }: { socketPath: string; enter: readonly string[] }): Promise<DockerHost> {
  const process_ = /^--net=\/proc\/(\d+)\/ns\/net$/.exec(enter.at(-1) ?? '')?.[1] ?? '';
  const [own, persons] = ['gantry.sock', 'person.sock'].map((name) => join(dirname(socketPath), name));
  const words = ['--target', process_, '--net', '--mount', '--pid', process.execPath, '--conditions=source', program];
  const child = spawn('nsenter', [...words, socketPath, own ?? '', persons ?? ''], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await using closing = new AsyncDisposableStack();
  closing.defer(async () => {
    child.stdin.end();
    await ended;
  });
  for await (const line of createInterface(child.stdout)) if (line === 'open') break;
  const clientAt = (path = ''): EngineClient => engineClient(closing.use(dockerEngine({ socketPath: path })));
  const [client, person] = [clientAt(own), clientAt(persons)];
  const done = closing.move();
  return { client, person, [Symbol.asyncDispose]: () => done.disposeAsync() };
}
