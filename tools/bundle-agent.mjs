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
  driven: { filter: /^@gantry\/engine\/driven$/, source: 'libs/engine/src/driven/index.ts' },
  'host-terminal': { filter: /\/host-terminal\.ts$/, source: 'apps/agent/src/host-shell/host-terminal.ts' },
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

// socket.io-client for Node brings its debug build and every way to carry its frames. An agent dials by websocket only: the other ways would load
// parts of Node (child processes, terminals) into every agent.
const websocketOnly = {
  name: 'websocket-only',
  setup(building) {
    building.onResolve({ filter: /^(socket\.io-client|socket\.io-parser|engine\.io-client)$/ }, async ({ path, ...at }) => {
      if (at.pluginData === 'found') return undefined;
      const found = await building.resolve(path, { ...at, pluginData: 'found' });
      return { ...found, path: found.path.replace('/esm-debug/', '/esm/'), sideEffects: false };
    });
    building.onResolve({ filter: /^zlib$/ }, ({ path }) => ({ path, namespace: 'when-used' }));
    building.onLoad({ filter: /./, namespace: 'when-used' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get: (_, name) => process.getBuiltinModule('node:${path}')[name] });`,
    }));
    building.onResolve({ filter: /\/(polling-(xhr|xhr\.node|fetch)|webtransport)\.js$/ }, ({ path }) => ({ path, namespace: 'absent' }));
    building.onLoad({ filter: /./, namespace: 'absent' }, () => ({
      contents: 'export const XHR = undefined, Fetch = undefined, WT = undefined;',
    }));
  },
};

// An import of a part of Node reads all that it exports, also what is loaded only when it is read: `node:http` brings the client behind `fetch` with
// it, `node:util` worker threads. Here only what is used is read.
const partsOfNode = {
  name: 'parts-of-node',
  setup(building) {
    building.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'part-of-node' } : undefined,
    );
    building.onLoad({ filter: /./, namespace: 'part-of-node' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path)).filter((name) => name !== 'default');
      const exported = names.map((name) => `export const ${name} = /* @__PURE__ */ partCalled('${name}');`);
      const part = `const part = process.getBuiltinModule('${path}'); const partCalled = (name) => part[name]; export default part;`;
      return { contents: [part, ...exported].join('\n') };
    });
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
  conditions: ['source'],
  external: ['koffi'],
  plugins: [filesApart, websocketOnly, partsOfNode],
  banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  logLevel: 'warning',
});
