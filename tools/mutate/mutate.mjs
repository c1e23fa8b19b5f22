// Removes each guard, filter and admission rule of the engine door in turn and runs the specs of it: for every one some spec has to fail.
// Nothing on the disk is changed. `npm run bench:mutate [-- text]` tries those only whose file or text holds the text.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutations } from './mutations.mjs';

const root = join(import.meta.dirname, '../..');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const [wanted = ''] = process.argv.slice(2);
const chosen = mutations.filter(({ file, from }) => `${file} ${from}`.includes(wanted));

function runSpecs(specs, mutation) {
  const words = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', jest];
  const options = [
    '--config',
    join(import.meta.dirname, 'jest.config.js'),
    '--bail',
    '1',
    '--runInBand',
    '--silent',
    '--runTestsByPath',
    ...specs,
  ];
  const env = { ...process.env, GANTRY_MUTATION: JSON.stringify(mutation ?? {}) };
  return spawnSync(process.execPath, [...words, ...options], { cwd: root, env, encoding: 'utf8' });
}

const specs = [...new Set(chosen.flatMap((mutation) => mutation.specs))];
const clean = runSpecs(specs);
if (clean.status !== 0) {
  console.error(`mutate: the specs fail before anything is changed\n${clean.stderr}`);
  process.exit(1);
}
const survivors = [];
for (const [index, mutation] of chosen.entries()) {
  const title = `${mutation.file}: ${mutation.from.trim().split('\n')[0]}`;
  if (readFileSync(join(root, mutation.file), 'utf8').split(mutation.from).length !== 2) {
    survivors.push(`${title} (stands in the file not exactly once)`);
    continue;
  }
  // The nearest spec alone first: it is enough for most.
  const [nearest, ...others] = mutation.specs;
  const isHeld = runSpecs([nearest], mutation).status !== 0 || (others.length > 0 && runSpecs(others, mutation).status !== 0);
  console.log(`${index + 1}/${chosen.length} ${isHeld ? 'red' : 'SURVIVES'} ${title}`);
  if (!isHeld) survivors.push(title);
}
console.log(`${chosen.length - survivors.length} of ${chosen.length} rules are held by a spec`);
for (const survivor of survivors) console.log(`not held: ${survivor}`);
process.exitCode = survivors.length === 0 ? 0 : 1;
