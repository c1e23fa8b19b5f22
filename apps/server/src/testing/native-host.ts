import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, temporaryDirectory } from '@gantry/base/testing';
import type { Engine } from '@gantry/engine-api';
import { LinkServer } from '@gantry/link/testing';

const bundle = fileURLToPath(new URL('../../../agent/dist/agent.mjs', import.meta.url));

export interface NativeHost extends AsyncDisposable {
  /** Our own engine over the link of its agent, as the server reaches it. */
  readonly engine: Engine;
  /** The agent's own socket, for whoever is root there. */
  readonly socketPath: string;
}

/** The built agent with the native engine in it, with roots of its own; disposing ends it. Containers are the test's to remove. Root only. */
export async function startNativeHost(): Promise<NativeHost> {
  await using undo = new AsyncDisposableStack();
  const server = undo.use(await LinkServer.start());
  const { path: root } = undo.use(await temporaryDirectory());
  await writeFile(join(root, 'code'), server.makeCode().text);
  undo.use(runAgent({ root, url: server.url }));
  await eventually(() => expect(server.links).toHaveLength(1), 20_000);
  const link = server.links[0];
  if (!link) throw new Error('no link');
  const opened = undo.move();
  return { engine: link.engine, socketPath: join(root, 'run', 'docker.sock'), [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Ends with SIGTERM. */
export function runAgent({ root, url }: { root: string; url: string }): AsyncDisposable {
  const settings = {
    GANTRY_SERVER_URL: url,
    GANTRY_ENGINE: 'native',
    GANTRY_DATA_ROOT: join(root, 'data'),
    GANTRY_RUN_ROOT: join(root, 'run'),
  };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', bundle, '--code-file', join(root, 'code')], {
    env: { ...process.env, NODE_OPTIONS: '', ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
