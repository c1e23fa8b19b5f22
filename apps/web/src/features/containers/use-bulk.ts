import { computed, shallowRef, watch } from 'vue';
import type { LiveRow } from '../../fleet/live-row.ts';
import { useFleet } from '../../fleet/use-fleet.ts';
import { startJob, useJobs } from '../../fleet/use-jobs.ts';
import { text } from '../../i18n/i18n.ts';
import { failureText } from '../../shell/failure-text.ts';
import { toast } from '../../ui/toasts.ts';
import { type BulkRun, bulkOf } from './bulk.ts';
import { act, isPossible, type Verb } from './container-actions.ts';

/**
 * One container is done at once and speaks only when it fails; many run as a job of the server, which goes on without this page, with progress and a
 * way to try the failed ones again.
 */
export function useBulk(chosen: Set<LiveRow>) {
  const { run, begin, close } = useBulkRun(({ verb, total }) => {
    toast('done', text('bulk.all', { verb: text(`verb.${verb}`), count: total }));
    chosen.clear();
  });

  async function perform(verb: Verb, rows: readonly LiveRow[]): Promise<void> {
    const possible = rows.filter((live) => isPossible(live, verb));
    const [only] = possible;
    if (!only) return toast('failed', text('bulk.nothing', { verb: text(`verb.${verb}`) }));
    return possible.length === 1 ? one(verb, only) : begin(verb, possible);
  }

  async function retry(): Promise<void> {
    if (!run.value) return;
    const { verb, failed } = run.value;
    const rows = failed.flatMap(({ live }) => live ?? []);
    if (rows.length) await begin(verb, rows);
    else close();
  }
  return { run, perform, retry: () => void retry(), close };
}

/** The run of many that this page has begun, as its job goes on. One that ends without a failure is told of, and no longer shown. */
function useBulkRun(onDone: (run: BulkRun) => void) {
  const fleet = useFleet();
  const board = useJobs();
  const id = shallowRef<string>();
  const run = computed<BulkRun | undefined>(() => {
    const job = id.value === undefined ? undefined : board.jobs.get(id.value);
    return job && bulkOf(job, (host, container) => fleet.find(host, container));
  });
  const close = (): void => {
    id.value = undefined;
  };
  watch(run, (now) => {
    if (!now || now.isRunning || now.failed.length) return;
    onDone(now);
    close();
  });

  async function begin(verb: Verb, rows: readonly LiveRow[]): Promise<void> {
    const targets = rows.map(({ row }) => ({ host: row.host, id: row.id }));
    try {
      id.value = await startJob(board, { kind: 'containers', verb, targets });
    } catch (thrown) {
      toast('failed', failureText(thrown).title, failureText(thrown).detail);
    }
  }
  return { run, begin, close };
}

async function one(verb: Verb, live: LiveRow): Promise<void> {
  try {
    await act(live, verb);
  } catch (thrown) {
    const { title, detail } = failureText(thrown);
    toast('failed', `${live.row.name}: ${title}`, detail);
  }
}
