// Takes each guard, filter, decision and admission rule away in turn and runs the tests that come by it: for every one some test has to fail.
// Nothing on the disk is changed. `npm run bench:mutate [-- text] [--near | --fast] [--again]`: those only whose file or text holds the text; with the quickest
// specs alone; without those that start a server; only those that survived the last time.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leftOut } from './left-out.mjs';
import { allMutants, root } from './mutants.mjs';
import { mutations } from './mutations.mjs';
import { Runner } from './runner.mjs';
import { fastSpecs, serverSpecs, wideSpecs } from './spec-files.mjs';

const words = process.argv.slice(2);
const [isNear, isFast, isAgain] = ['--near', '--fast', '--again'].map((word) => words.includes(word));
/** From the quickest to the slowest: a mutant that one tier holds is not tried by the next. */
const tiers = [fastSpecs, ...(isNear ? [] : [wideSpecs, ...(isFast ? [] : [serverSpecs])])];
const wanted = words.find((word) => !word.startsWith('--')) ?? '';
const memory = join(root, '.gantry', 'mutate.json');
const before = existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : { survivors: [] };
const titleOf = ({ file, line, rule }) => `${file}:${line}: ${rule}`;
const keyOf = ({ file, rule }) => `${file}: ${rule}`;
const isChosen = (one) => keyOf(one).includes(wanted) && (!isAgain || before.survivors.includes(keyOf(one)));

const all = allMutants();
refuseForgotten();
const isLeftOut = ({ file, rule }) => leftOut.some((one) => one.file === file && one.rule === rule);
const chosen = all.filter((mutant) => isChosen(mutant) && !isLeftOut(mutant));
const byHand = (isNear ? [] : mutations).map((one) => ({ ...one, rule: one.from.trim().replace(/\s+/g, ' ') })).filter(isChosen);

const runner = new Runner();
const covered = await coverage();
const survivors = [];
let number = 0;
for (const mutant of chosen) judge(mutant, covered.atLoad.has(mutant.id) ? await tryFromStart(mutant) : await tryAwake(mutant));
await runner.close();
for (const mutation of byHand) judge(mutation, await tryChanged(mutation));

const total = chosen.length + byHand.length;
console.log(
  `${total - survivors.length} of ${total} rules are held by a test (${all.length - all.filter((one) => !isLeftOut(one)).length} left out, each with its reason)`,
);
for (const survivor of survivors) console.log(`not held: ${titleOf(survivor)}`);
mkdirSync(join(root, '.gantry'), { recursive: true });
writeFileSync(memory, JSON.stringify({ survivors: survivors.map(keyOf) }));
process.exitCode = survivors.length === 0 ? 0 : 1;

function judge(one, held) {
  number += 1;
  console.log(`${number}/${chosen.length + byHand.length} ${held ? 'red' : 'SURVIVES'} ${titleOf(one)}${held ? ` (${held})` : ''}`);
  if (!held) survivors.push(one);
}

/** Which tests come by which mutants; the specs have to hold as they are. */
async function coverage() {
  const atLoad = new Set();
  const bySpec = new Map();
  for (const path of tiers.flat()) {
    for (const id of (await runner.ask({ kind: 'load', path }, 120_000)).hits) atLoad.add(id);
    const { failed, around, tests } = await runner.ask({ kind: 'cover', path }, 600_000);
    if (failed) throw new Error(`${path} fails before anything is changed: ${failed.title}: ${failed.why}`);
    bySpec.set(path, { around: new Set(around), tests: tests.map((test) => ({ ...test, hits: new Set(test.hits) })) });
    console.log(`${path}: ${tests.length} tests`);
  }
  return { atLoad, bySpec };
}

/** The specs that come by a mutant with those of their tests that do, the quickest first. */
function candidates(id, paths) {
  const found = paths.flatMap((path) => {
    const { around, tests } = covered.bySpec.get(path);
    const isAll = around.has(id);
    const those = tests.flatMap((test, index) => (isAll || test.hits.has(id) ? [index] : []));
    return those.length === 0 ? [] : [{ path, tests: those, ms: those.reduce((sum, index) => sum + (tests[index].ms ?? 0), 0) }];
  });
  return found.sort((one, other) => one.ms - other.ms);
}

async function tryAwake({ id }) {
  for (const tier of tiers) {
    for (const { path, tests } of candidates(id, tier)) {
      // A server is shared by the tests of its file: what comes before those that are meant has to be there.
      const wanted = tier === serverSpecs ? Array.from({ length: Math.max(...tests) + 1 }, (_, index) => index) : tests;
      const { failed } = await runner.ask({ kind: 'attempt', path, id, tests: wanted }, tier === fastSpecs ? 60_000 : 300_000);
      if (failed) return path;
    }
  }
  return undefined;
}

async function tryFromStart({ id }) {
  const paths = tiers.flatMap((tier) => candidates(id, tier)).map(({ path }) => path);
  return tryIn(new Runner({ id }), paths.length > 0 ? paths : fastSpecs);
}

async function tryChanged({ file, from, to, specs: own }) {
  const count = readFileSync(join(root, file), 'utf8').split(from).length - 1;
  if (count !== 1) {
    console.log(`${file} holds this ${count} times`);
    return undefined;
  }
  return tryIn(new Runner({ changed: { file, from, to } }), own);
}

async function tryIn(own, paths) {
  try {
    for (const path of paths) if ((await own.ask({ kind: 'attempt', path }, 300_000)).failed) return path;
    return undefined;
  } finally {
    await own.close();
  }
}

function refuseForgotten() {
  const forgotten = leftOut.find((one) => !all.some(({ file, rule }) => file === one.file && rule === one.rule));
  if (forgotten) throw new Error(`left out, and not there any more: ${keyOf(forgotten)}`);
}
