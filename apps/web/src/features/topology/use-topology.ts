import { Failure } from '@gantry/base';
import type { Topology } from '@gantry/engine-api';
import { useDocumentVisibility } from '@vueuse/core';
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { engineOn } from '../../api/engine.ts';

const everyMs = 2000;

/** How a host is wired and what flows there, every two seconds while its picture is in sight. An engine that cannot tell is asked once. */
export function useTopology(host: string, isSeen: Readonly<Ref<boolean>>) {
  const topology = shallowRef<Topology>();
  const failure = shallowRef<Failure>();
  const visibility = useDocumentVisibility();
  const closing = new AbortController();
  const isOpen = (): boolean => !closing.signal.aborted;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsking = false;

  async function ask(): Promise<void> {
    clearTimeout(timer);
    if (isAsking || !isSeen.value || visibility.value !== 'visible' || !isOpen()) return;
    if (failure.value?.code === 'unsupported') return;
    isAsking = true;
    try {
      topology.value = await (await engineOn(host).call('GantryTopology', {}, closing.signal)).json<Topology>();
      failure.value = undefined;
    } catch (thrown) {
      failure.value = Failure.from(thrown);
    }
    isAsking = false;
    if (isOpen()) timer = setTimeout(() => void ask(), everyMs);
  }
  watch([isSeen, visibility], () => void ask(), { immediate: true });
  onScopeDispose(() => {
    closing.abort();
    clearTimeout(timer);
  });
  return { topology, failure };
}
