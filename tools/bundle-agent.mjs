// Bundles the agent into apps/agent/dist, or into the directory of the first argument: what dials and serves, what only some hosts load, and one
// file for each worker thread.
// koffi stays outside: its native library is found from node_modules.
import { globSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const outdir = resolve(root, process.argv[2] ?? 'apps/agent/dist');

// Files of their own, by what the sources call them. `base` is one, so that a Failure is the same class everywhere; esbuild's own splitting would load
// through the index of a library all that any of these uses, and an agent that drives a Docker has to stay small.
const apart = {
  base: { filter: /^@gantry\/base$/, source: 'libs/base/src/index.ts' },
  engine: { filter: /^@gantry\/engine$/, source: 'libs/engine/src/index.ts' },
  'limited-engine': { filter: /\/limited-engine\.ts$/, source: 'apps/agent/src/policy/limited-engine.ts' },
};
// Each thread is started by its file name, from beside the code that starts it.
const threads = globSync('libs/{linux,engine,oci}/src/*/*-thread.ts', { cwd: root }).map((path) => [basename(path, '.ts'), path]);
const sources = [['agent', 'apps/agent/src/main.ts'], ...Object.entries(apart).map(([name, { source }]) => [name, source]), ...threads];

const filesApart = {
  name: 'files-apart',
  setup(building) {
    for (const [name, { filter }] of Object.entries(apart)) {
      building.onResolve({ filter }, ({ kind }) => (kind === 'entry-point' ? undefined : { path: `./${name}.mjs`, external: true }));
    }
  },
};

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: Object.fromEntries(sources.map(([name, path]) => [name, join(root, path)])),
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  keepNames: true,
  conditions: ['source'],
  external: ['koffi'],
  plugins: [filesApart],
  banner: { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" },
  logLevel: 'warning',
});
