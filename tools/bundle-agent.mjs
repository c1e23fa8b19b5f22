// Bundles the agent: one file that dials and serves, one for each worker thread, and chunks that only the native engine loads.
// koffi stays outside: its native library is found from node_modules.
import { globSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const agent = join(root, 'apps/agent');
const outdir = join(agent, 'dist');

// Each thread is started by its file name, from beside the code that starts it.
const threads = Object.fromEntries(
  globSync('libs/{linux,engine,oci}/src/*/*-thread.ts', { cwd: root }).map((path) => [basename(path, '.ts'), join(root, path)]),
);

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: { agent: join(agent, 'src/main.ts'), ...threads },
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  keepNames: true,
  conditions: ['source'],
  external: ['koffi'],
  banner: { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" },
  logLevel: 'warning',
});
