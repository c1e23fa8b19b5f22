import { onScopeDispose, shallowRef, watch, type WatchSource } from 'vue';

/**
 * Asks again whenever what it depends on changes, and gives up the question before. The last answer stays until the next one is there, so pages do
 * not flicker; a failure stands beside it.
 */
export function useAnswer<Value>(depends: WatchSource, ask: (signal: AbortSignal) => Promise<Value>) {
  const answer = shallowRef<Value>();
  const failure = shallowRef<unknown>();
  const isAsking = shallowRef(false);
  let asking = new AbortController();

  async function run(): Promise<void> {
    asking.abort();
    const mine = (asking = new AbortController());
    isAsking.value = true;
    try {
      const value = await ask(mine.signal);
      if (mine.signal.aborted) return;
      answer.value = value;
      failure.value = undefined;
    } catch (thrown) {
      if (!mine.signal.aborted) failure.value = thrown;
    }
    if (!mine.signal.aborted) isAsking.value = false;
  }
  watch(depends, () => void run(), { immediate: true });
  onScopeDispose(() => asking.abort());
  return { answer, failure, isAsking };
}
