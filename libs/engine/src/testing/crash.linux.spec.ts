import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { durableSteps } from '../state/durable-step.ts';
import { crashOperations } from './crash-operations.ts';
import { CrashWorld } from './crash-world.ts';
import { killRound } from './kill-round.ts';
import { killableRoot, type KillableRoot, startKillable } from './killable-engine.ts';
import { nothingLeft } from './nothing-left.ts';
import { testPool } from './test-pool.ts';

const opened = closedAfterEach();
const lanes = 2;
const rounds = Object.entries(crashOperations).flatMap(([name, operation]) =>
  operation.steps.flatMap((step) => ['before', 'after'].map((when) => ({ name, operation, point: `${step}:${when}` }))),
);

async function openRoot(second: number): Promise<KillableRoot> {
  const { path } = opened.use(await temporaryDirectory());
  const root = await killableRoot(path, { pool: testPool(second).base });
  opened.defer(() => {
    nothingLeft(root);
  });
  return root;
}

/** From start to listening, of an engine that has nothing to recover. */
async function plainStartMs(root: KillableRoot): Promise<number> {
  const engine = await startKillable(root);
  await engine?.kill('SIGTERM');
  return engine?.startedMs ?? NaN;
}

const medianOf = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;

test('every durable step is cut off in some round', () => {
  const covered = new Set(Object.values(crashOperations).flatMap(({ steps }) => steps));
  expect(durableSteps.filter((step) => !covered.has(step))).toEqual([]);
});

test(`killed before or after any durable step, ${rounds.length} times, the engine finds everything as it was or as it was to be`, async () => {
  const worlds = await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => opened.use(await CrashWorld.open(await openRoot(221 + lane)))),
  );
  const plainRoot = await openRoot(223);
  const plainMs: number[] = [];
  const left = [...rounds];
  const problems: Record<string, string[]> = {};
  const run = async (world: CrashWorld): Promise<void> => {
    for (let round = left.shift(); round; round = left.shift()) {
      const found = await killRound(world, round.operation, round.point);
      if (found.length > 0) problems[`${round.name}, ${round.point}`] = found;
      if (world === worlds[0] && left.length % 20 === 0) plainMs.push(await plainStartMs(plainRoot));
    }
  };
  await Promise.all(worlds.map(run));

  expect(problems).toEqual({});
  // What it takes to recover, beside what it takes to start at all on a machine as busy as this one is meanwhile.
  expect(medianOf(worlds.flatMap((world) => world.startedMs))).toBeLessThan(500 + 2 * medianOf(plainMs));
}, 1_200_000);
