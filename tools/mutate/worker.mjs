// A process in which specs are run, over and over, with one mutant awake at a time. Told what to do by `mutate.mjs`.
import { loadWith } from './loader.mjs';

const start = JSON.parse(process.env.GANTRY_MUTATION ?? '{}');
let awake = start.id;
let hits = new Set();
globalThis.__mutant = (id) => {
  hits.add(id);
  return id === awake;
};
loadWith(start.changed);
const { loadSpec, runSpec } = await import('./specs.mjs');
const specs = new Map();

/** What can be told apart while it is loaded only: tables, what a module makes at once. */
async function load(path) {
  hits = new Set();
  specs.set(path, await loadSpec(path));
  return { hits: [...hits] };
}

/** Runs all tests as they are, and says what each of them comes by. */
async function cover(path) {
  const tests = new Map();
  const around = new Set();
  hits = around;
  const spec = specs.get(path);
  const failed = await runSpec(spec, {
    onTest: (test) => {
      const last = [...tests.values()].at(-1);
      if (last) last.ms ??= performance.now() - last.startMs;
      hits = around;
      if (test === undefined) return;
      const noted = { title: test.title, startMs: performance.now(), hits: new Set() };
      tests.set(test, noted);
      ({ hits } = noted);
    },
  });
  const told = spec.tests.map((test) => tests.get(test)).map((noted) => noted && { ...noted, hits: [...noted.hits] });
  return { failed, around: [...around], tests: told };
}

async function attempt({ path, id, tests }) {
  awake = id ?? start.id;
  hits = new Set();
  const spec = specs.get(path);
  try {
    return { failed: await runSpec(spec, { isWanted: (test) => tests === undefined || tests.includes(spec.tests.indexOf(test)) }) };
  } finally {
    awake = start.id;
  }
}

const does = { load: ({ path }) => load(path), cover: ({ path }) => cover(path), attempt };
process.on('message', ({ kind, ...rest }) => {
  does[kind](rest).then(
    (answer) => process.send({ ...answer, memoryBytes: process.memoryUsage().rss }),
    (thrown) => process.send({ failed: { title: kind, why: String(thrown?.stack ?? thrown) }, hits: [] }),
  );
});
process.on('disconnect', () => process.exit(0));
// What a mutant leaves behind may fail later; it is judged by the tests.
process.on('unhandledRejection', () => undefined);
process.on('uncaughtException', () => undefined);
process.send({ isReady: true });
