import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@gantry/base/testing';

const program = fileURLToPath(new URL('../../../server/dist/main.js', import.meta.url));

export interface BuiltServer extends AsyncDisposable {
  /** By the name localhost: passkeys need one. */
  readonly url: string;
  /** The printed set-up code. */
  readonly code: string;
}

/** The built server with a database of its own, as a process; it serves the built pages. */
export async function startBuiltServer(): Promise<BuiltServer> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(await temporaryDirectory());
  const child = spawn(process.execPath, [program], {
    env: {
      ...{ ...process.env, NODE_OPTIONS: '', GANTRY_DATA_ROOT: `${path}/data`, GANTRY_RUN_ROOT: `${path}/run` },
      ...{ GANTRY_LISTEN: '127.0.0.1', GANTRY_PORT: '0', GANTRY_ENGINE_PORT: '0', GANTRY_TLS: 'off' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  opened.defer(() => stop(child));
  for await (const line of createInterface(child.stdout)) {
    const { event, url, setupCode } = JSON.parse(line) as { event: string; url: string; setupCode: string };
    if (event !== 'listening') continue;
    const closing = opened.move();
    return { url: url.replace('127.0.0.1', 'localhost'), code: setupCode, [Symbol.asyncDispose]: () => closing.disposeAsync() };
  }
  throw new Error('the server did not start');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
