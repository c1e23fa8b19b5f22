import { shallowReactive } from 'vue';
import { Failure } from '@gantry/base';
import type { LiveRow } from '../../fleet/live-row.ts';
import { act, type Verb } from './container-actions.ts';

const atOnce = 6;

/** One verb on many containers: what is done, what failed and why. */
export interface BulkRun {
  readonly verb: Verb;
  readonly total: number;
  done: number;
  failed: readonly { readonly live: LiveRow; readonly message: string }[];
  isRunning: boolean;
}

/** Runs the verb on all rows, six at a time; a failure of one does not stop the others. Resolves when all have been answered. */
export function runBulk(verb: Verb, rows: readonly LiveRow[], perform: typeof act = act): { run: BulkRun; finished: Promise<void> } {
  const run = shallowReactive<BulkRun>({ verb, total: rows.length, done: 0, failed: [], isRunning: true });
  const queue = [...rows];
  const worker = async (): Promise<void> => {
    for (let live = queue.shift(); live; live = queue.shift()) {
      try {
        await perform(live, verb);
        run.done++;
      } catch (thrown) {
        run.failed = [...run.failed, { live, message: Failure.from(thrown).message }];
      }
    }
  };
  const finished = Promise.all(Array.from({ length: atOnce }, worker)).then(() => {
    run.isRunning = false;
  });
  return { run, finished };
}
