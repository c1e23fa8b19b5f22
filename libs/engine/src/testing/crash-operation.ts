import type { DurableStep } from '../state/durable-step.ts';
import type { CrashWorld } from './crash-world.ts';

/** An operation with all that it needs: `act` is cut off by the kill, `check` fails unless everything is as before it or as after it, and clears up. */
export interface CutOperation {
  readonly act: () => Promise<unknown>;
  readonly check: () => Promise<void>;
}

export interface CrashOperation {
  /** At which steps it is cut off. */
  readonly steps: readonly DurableStep[];
  readonly begin: (world: CrashWorld) => CutOperation | Promise<CutOperation>;
  /** The engine is killed at this point of the operation, or by it, and the next one, which recovers from that, at the steps. */
  readonly recoversFrom?: `${DurableStep}:${'before' | 'after'}` | 'its own kill';
}

export type CrashOperations = Readonly<Record<string, CrashOperation>>;

/** A process that goes on until it is told to end, with 7. */
export const endless = 'trap "exit 7" TERM; : >/ready; while :; do sleep 0.1; done';
