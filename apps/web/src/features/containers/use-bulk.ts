import { shallowRef } from 'vue';
import type { LiveRow } from '../../fleet/live-row.ts';
import { text } from '../../i18n/i18n.ts';
import { failureText } from '../../shell/failure-text.ts';
import { toast } from '../../ui/toasts.ts';
import { type BulkRun, runBulk } from './bulk.ts';
import { act, isPossible, type Verb } from './container-actions.ts';

/** One container is done at once and speaks only when it fails; many run as one with progress and a way to try the failed ones again. */
export function useBulk(chosen: Set<LiveRow>) {
  const run = shallowRef<BulkRun>();

  async function perform(verb: Verb, rows: readonly LiveRow[]): Promise<void> {
    const possible = rows.filter((live) => isPossible(live, verb));
    const [only] = possible;
    if (!only) return toast('failed', text('bulk.nothing', { verb: text(`verb.${verb}`) }));
    return possible.length === 1 ? one(verb, only) : together(verb, possible);
  }

  async function together(verb: Verb, possible: readonly LiveRow[]): Promise<void> {
    const started = runBulk(verb, possible);
    run.value = started.run;
    await started.finished;
    if (started.run.failed.length) return;
    toast('done', text('bulk.all', { verb: text(`verb.${verb}`), count: started.run.total }));
    chosen.clear();
    run.value = undefined;
  }

  return {
    run,
    perform,
    retry: () =>
      run.value &&
      void together(
        run.value.verb,
        run.value.failed.map(({ live }) => live),
      ),
    close: () => {
      run.value = undefined;
    },
  };
}

async function one(verb: Verb, live: LiveRow): Promise<void> {
  try {
    await act(live, verb);
  } catch (thrown) {
    const { title, detail } = failureText(thrown);
    toast('failed', `${live.row.name}: ${title}`, detail);
  }
}
