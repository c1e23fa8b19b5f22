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
  const closing = new AbortController();
  const isOpen = (): boolean => !closing.signal.aborted;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function ask(): Promise<void> {
    clearTimeout(timer);
    const { host, id, isRunning } = container();
    if (!isRunning || visibility.value !== 'visible' || !isOpen()) return;
    try {
      const answer = await engineOn(host).call('ContainerTop', { path: { id }, query: { ps_args: 'aux' } }, closing.signal);
      table.value = await answer.json<ProcessTable>();
      failure.value = undefined;
    } catch (thrown) {
      failure.value = Failure.from(thrown);
    }
    if (isOpen()) timer = setTimeout(() => void ask(), everyMs);
  }
  watch([() => container().isRunning, visibility], () => void ask(), { immediate: true });
  onScopeDispose(() => {
    closing.abort();
    clearTimeout(timer);
  });
  return { table, failure };
}
