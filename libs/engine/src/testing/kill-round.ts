import { setTimeout as sleep } from 'node:timers/promises';
import type { CrashOperation } from './crash-operation.ts';
import type { CrashWorld } from './crash-world.ts';

/**
 * Cuts an operation off at a point, starts the next engine and looks at everything. Answers what is wrong: that the engine did not get to the point, that
 * something is neither as before nor as after, or what is left over.
 */
export async function killRound(world: CrashWorld, operation: CrashOperation, point: string): Promise<string[]> {
  const { act, check } = await operation.begin(world);
  await world.engine.killAt(operation.recoversFrom ?? point);
  const acting = act().then(
    () => 'was done',
    (cause: unknown) => `failed: ${String(cause)}`,
  );
  const signal = await Promise.race([world.engine.ended, acting.then((how) => Promise.race([world.engine.ended, later(how)]))]);
  if (signal !== 'SIGKILL') {
    // Else it would be killed in a later round.
    await world.engine.kill('SIGKILL');
    await world.startAgain();
    return [`the engine was not killed, the operation ${signal}`];
  }
  if (operation.recoversFrom !== undefined && (await world.startAgain(point))) return ['the engine that recovers was not killed'];
  await world.startAgain();
  const problems = await world.problems();
  try {
    await check();
  } catch (cause) {
    problems.push(String(cause));
  }
  return problems;
}

/** What an operation does in the background may come to the point a little later. */
const later = <Value>(value: Value): Promise<Value> => sleep(15_000, value, { ref: false });
