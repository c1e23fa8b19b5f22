import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';

const tickMs = 40;

/** Lets the time of a recording pass. At its end it stands still; playing again begins anew. */
export function useCastPlayer(durationMs: Ref<number>) {
  const atMs = shallowRef(0);
  const isPlaying = shallowRef(false);
  const speed = shallowRef(1);
  let timer: ReturnType<typeof setInterval> | undefined;
  let lastMs = 0;

  function tick(): void {
    const nowMs = performance.now();
    atMs.value = Math.min(durationMs.value, atMs.value + (nowMs - lastMs) * speed.value);
    lastMs = nowMs;
    if (atMs.value >= durationMs.value) isPlaying.value = false;
  }

  watch(isPlaying, (playing) => {
    clearInterval(timer);
    if (!playing) return;
    lastMs = performance.now();
    timer = setInterval(tick, tickMs);
  });
  onScopeDispose(() => clearInterval(timer));

  return {
    atMs,
    isPlaying,
    speed,
    toggle() {
      if (!isPlaying.value && atMs.value >= durationMs.value) atMs.value = 0;
      isPlaying.value = !isPlaying.value;
    },
    seek(toMs: number) {
      atMs.value = Math.max(0, Math.min(durationMs.value, toMs));
    },
  };
}
