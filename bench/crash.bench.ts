// Claim: killed at any moment, whatever several clients are doing, the engine leaves everything as it was or as it was to be, and nothing else: no
// mount, namespace, control group, link, process or file. Rounds of one to four random operations at once; the kill comes at a random durable step or after
// a random time, every fifth engine that recovers is killed too. Words: name of the bench, rounds, seed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashOperations } from '../libs/engine/src/testing/crash-operations.ts';
import { CrashWorld } from '../libs/engine/src/testing/crash-world.ts';
import { killableRoot } from '../libs/engine/src/testing/killable-engine.ts';
import { nothingLeft } from '../libs/engine/src/testing/nothing-left.ts';
import { type RandomRound, randomRound } from '../libs/engine/src/testing/random-round.ts';

const rounds = Number(process.argv[3] ?? 300);
const seed = Number(process.argv[4] ?? Date.now() % 1_000_000);
const lanes = 2;
console.log(`${rounds} rounds, seed ${seed}`);

const done: RandomRound[] = [];
let begun = 0;
const startedMs: number[] = [];
async function lane(number: number): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'gantry-crash-'));
  const root = await killableRoot(path, { pool: `10.${222 + number}.0.0/16` });
  {
    await using world = await CrashWorld.open(root);
    const random = randomFrom(seed + number);
    while (begun++ < rounds) {
      const round = await randomRound(world, crashOperations, random);
      done.push(round);
      if (round.problems.length > 0) console.log(`round ${done.length}, ${round.what}:\n  ${round.problems.join('\n  ')}`);
    }
    startedMs.push(...world.startedMs);
  }
  nothingLeft(root);
  await rm(path, { recursive: true, force: true });
}

/** mulberry32: the same rounds for the same seed. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
startedMs.sort((one, other) => one - other);
console.table({
  crash: {
    rounds: done.length,
    operations: done.reduce((sum, { operations }) => sum + operations, 0),
    kills: done.reduce((sum, { kills }) => sum + kills, 0),
    'at a step': done.filter(({ isAtStep }) => isAtStep).length,
    wrong: done.filter(({ problems }) => problems.length > 0).length,
    'back after, median ms': Math.round(startedMs[Math.floor(startedMs.length / 2)] ?? 0),
    'at most': Math.round(startedMs.at(-1) ?? 0),
  },
});
if (done.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
