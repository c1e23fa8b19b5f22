// Bundles the agent: one file that dials and serves, one for each worker thread, and chunks that only the native engine loads.
// koffi stays outside: its native library is found from node_modules.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const agent = join(root, 'apps/agent');
const outdir = join(agent, 'dist');

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: {
    agent: join(agent, 'src/main.ts'),
    'kernel-thread': join(root, 'libs/linux/src/thread/kernel-thread.ts'),
    'layer-thread': join(root, 'libs/engine/src/layers/layer-thread.ts'),
  },
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
