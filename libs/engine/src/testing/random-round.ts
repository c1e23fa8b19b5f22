import { setTimeout as sleep } from 'node:timers/promises';
import type { CrashOperation, CrashOperations, CutOperation } from './crash-operation.ts';
import type { CrashWorld } from './crash-world.ts';

export interface RandomRound {
  readonly what: string;
  readonly operations: number;
  readonly kills: number;
  readonly isAtStep: boolean;
  readonly problems: readonly string[];
}

const mostAtOnce = 4;
const latestKillMs = 400;
const stepWithinMs = 1000;
/** Prune takes what others have just made. */
const alone = /prune/;

/** Some random operations at once, of as many clients, cut off at a random point; then the next engine, perhaps killed in its turn, and a look at everything. */
export async function randomRound(world: CrashWorld, operations: CrashOperations, random: () => number): Promise<RandomRound> {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const usable = Object.entries(operations).filter(([, { recoversFrom }]) => recoversFrom === undefined);
  const first = pick(usable);
  const others = usable.filter(([name]) => !alone.test(name));
  const chosen = alone.test(first[0]) ? [first] : [first, ...Array.from({ length: Math.floor(random() * mostAtOnce) }, () => pick(others))];
  const begun: CutOperation[] = [];
  for (const [, operation] of chosen) begun.push(await operation.begin(world));
  const isAtStep = random() < 0.5;
  const point = isAtStep ? pick(pointsOf(chosen.map(([, operation]) => operation))) : `${Math.floor(random() * latestKillMs)} ms`;
  if (isAtStep) await world.engine.killAt(point);
  const acting = begun.map(({ act }) => act().catch(() => undefined));
  await Promise.race([world.engine.ended, sleep(isAtStep ? stepWithinMs : parseInt(point, 10))]);
  await world.engine.kill('SIGKILL');
  await Promise.all(acting);
  const isKilledAgain = random() < 0.2 && (await world.startAgainUntil(random() * 700));
  await world.startAgain();
  const problems = await world.problems();
  for (const [at, { check }] of begun.entries()) {
    await check().catch((cause: unknown) => problems.push(`${chosen[at]?.[0]}: ${String(cause)}`));
  }
  if (problems.length > 0) problems.push(...world.engine.told);
  const what = `${chosen.map(([name]) => name).join(' + ')}, killed at ${point}${isKilledAgain ? ' and again' : ''}`;
  return { what, operations: chosen.length, kills: isKilledAgain ? 2 : 1, isAtStep, problems };
}

const pointsOf = (operations: readonly CrashOperation[]): string[] =>
  operations.flatMap(({ steps }) => steps.flatMap((step) => [`${step}:before`, `${step}:after`]));
