// Runs specs in this process, again and again: what Jest's globals offer, as far as the specs of the guard use it.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'expect';
import { root } from './mutants.mjs';

const limitMs = 60_000;
let collecting;

const hook = (name) => (work, ms) => void collecting[name].push({ work, ms });
const test = (title, work, ms) => void collecting.tests.push({ title, work, ms });
test.each =
  (rows, ...rest) =>
  (title, work, ms) => {
    if (!Array.isArray(rows) || rest.length > 0) throw new Error('only tables of rows are read');
    rows.forEach((row, index) => test(`${title} #${index}`, () => work(...(Array.isArray(row) ? row : [row])), ms));
  };
Object.assign(globalThis, { expect, test, it: test });
for (const name of ['beforeAll', 'afterAll', 'beforeEach', 'afterEach']) globalThis[name] = hook(name);

/** The tests and hooks of a spec file. */
export async function loadSpec(path) {
  collecting = { path, tests: [], beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };
  const spec = collecting;
  await import(pathToFileURL(join(root, path)).href);
  return spec;
}

/**
 * Runs the tests of a spec that `isWanted` says, until one fails; the title of that one and why, or undefined. `onTest` hears of each before it begins
 * (`undefined`: what is done before and after all).
 */
export async function runSpec(spec, { isWanted = () => true, onTest = () => undefined } = {}) {
  onTest(undefined);
  let failed = await attempt('before all', spec.beforeAll);
  for (const test of failed ? [] : spec.tests.filter(isWanted)) {
    onTest(test);
    failed = (await attempt(test.title, spec.beforeEach)) ?? (await attempt(test.title, [test]));
    // Like Jest, and what a test has opened is closed in any case.
    failed = (await attempt(test.title, [...spec.afterEach].reverse())) ?? failed;
    if (failed) break;
  }
  onTest(undefined);
  return (await attempt('after all', [...spec.afterAll].reverse())) ?? failed;
}

async function attempt(title, works) {
  for (const { work, ms = limitMs } of works) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${ms} ms`)), ms);
    });
    try {
      await Promise.race([work(), late]);
    } catch (thrown) {
      return { title, why: String(thrown?.message ?? thrown).split('\n')[0] };
    } finally {
      clearTimeout(timer);
    }
  }
  return undefined;
}
