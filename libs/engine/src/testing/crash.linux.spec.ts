import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { durableSteps } from '../state/durable-step.ts';
import { crashOperations } from './crash-operations.ts';
import { CrashWorld } from './crash-world.ts';
import { killRound } from './kill-round.ts';
import { killableRoot } from './killable-engine.ts';
import { nothingLeft } from './nothing-left.ts';

const opened = closedAfterEach();
const lanes = 2;
const rounds = Object.entries(crashOperations).flatMap(([name, operation]) =>
  operation.steps.flatMap((step) => ['before', 'after'].map((when) => ({ name, operation, point: `${step}:${when}` }))),
);

async function openWorld(lane: number): Promise<CrashWorld> {
  const { path } = opened.use(await temporaryDirectory());
  const root = await killableRoot(path, { pool: `10.${218 + lane}.0.0/16` });
  opened.defer(() => {
    nothingLeft(root);
  });
  return opened.use(await CrashWorld.open(root));
}

test('every durable step is cut off in some round', () => {
  const covered = new Set(Object.values(crashOperations).flatMap(({ steps }) => steps));
  expect(durableSteps.filter((step) => !covered.has(step))).toEqual([]);
});

test(`killed before or after any durable step, ${rounds.length} times, the engine finds everything as it was or as it was to be`, async () => {
  const worlds = await Promise.all(Array.from({ length: lanes }, (_, lane) => openWorld(lane)));
  const left = [...rounds];
  const problems: Record<string, string[]> = {};
  const run = async (world: CrashWorld): Promise<void> => {
    for (let round = left.shift(); round; round = left.shift()) {
      const found = await killRound(world, round.operation, round.point);
      if (found.length > 0) problems[`${round.name}, ${round.point}`] = found;
    }
  };
  await Promise.all(worlds.map(run));

  expect(problems).toEqual({});
  // What it takes to recover, beside what it takes to start at all on a machine as busy as this one.
  const startedMs = worlds.flatMap((world) => world.startedMs).sort((one, other) => one - other);
  const firstMs = Math.min(...worlds.map((world) => world.firstStartMs));
  expect((startedMs[Math.floor(startedMs.length / 2)] ?? 0) - firstMs).toBeLessThan(1000);
}, 600_000);
