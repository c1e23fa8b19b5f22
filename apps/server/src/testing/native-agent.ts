import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@gantry/base/testing';

const bundle = fileURLToPath(new URL('../../../agent/dist/agent.mjs', import.meta.url));

export interface NativeAgent extends AsyncDisposable {
  /** Its own socket, for whoever is root there. */
  readonly socketPath: string;
}

/**
 * The built agent with the native engine in it and roots of its own, which joins the server with the code; disposing ends it. Containers are the
 * test's to remove. Root only.
 */
export async function startNativeAgent({ url, code }: { url: string; code: string }): Promise<NativeAgent> {
  await using undo = new AsyncDisposableStack();
  const { path: root } = undo.use(await temporaryDirectory());
  await writeFile(join(root, 'code'), code);
  const roots = { GANTRY_DATA_ROOT: join(root, 'data'), GANTRY_RUN_ROOT: join(root, 'run') };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', bundle, '--code-file', join(root, 'code')], {
    env: { ...process.env, NODE_OPTIONS: '', GANTRY_SERVER_URL: url, GANTRY_ENGINE: 'native', ...roots },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  undo.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });
  const opened = undo.move();
  return { socketPath: join(root, 'run', 'docker.sock'), [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
