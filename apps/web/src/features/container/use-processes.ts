import { Failure } from '@gantry/base';
import { useDocumentVisibility } from '@vueuse/core';
import { onScopeDispose, shallowRef, watch } from 'vue';
import { engineOn } from '../../api/engine.ts';

export interface ProcessTable {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[] | null;
}

const everyMs = 3000;

/** The processes of a container, asked every three seconds while somebody looks; what `ps aux` of its host says. */
export function useProcesses(container: () => { host: string; id: string; isRunning: boolean }) {
  const table = shallowRef<ProcessTable>();
  const failure = shallowRef<Failure>();
  const visibility = useDocumentVisibility();
  let looking = new AbortController();

  /** Ends the looking before it, so that never two ask by turns. */
  function look(): void {
    looking.abort();
    looking = new AbortController();
    const { isRunning } = container();
    if (isRunning && visibility.value === 'visible') void askAgainAndAgain(looking.signal);
  }
  async function askAgainAndAgain(signal: AbortSignal): Promise<void> {
    const { host, id } = container();
    try {
      const answer = await engineOn(host).call('ContainerTop', { path: { id }, query: { ps_args: 'aux' } }, signal);
      const told = await answer.json<ProcessTable>();
      if (signal.aborted) return;
      table.value = told;
      failure.value = undefined;
    } catch (thrown) {
      if (signal.aborted) return;
      failure.value = Failure.from(thrown);
    }
    const timer = setTimeout(() => void askAgainAndAgain(signal), everyMs);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }
  watch([() => container().isRunning, visibility], look, { immediate: true });
  onScopeDispose(() => looking.abort());
  return { table, failure };
}
