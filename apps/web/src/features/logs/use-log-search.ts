import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import type { LogRing } from './log-ring.ts';
import { finderOf, LogMatches } from './log-search.ts';

/** A search takes so much of each frame, so that typing and scrolling go on meanwhile. */
const sliceMs = 8;

/** What is looked for in the log, and where it is; kept up while lines come and go. */
export function useLogSearch(ring: LogRing, revision: Readonly<Ref<number>>) {
  const wanted = shallowRef('');
  const finder = computed(() => finderOf(wanted.value));
  const count = shallowRef(0);
  const current = shallowRef<number>();
  let matches: LogMatches | undefined;
  let first = ring.first;
  let frame = 0;

  function look(): void {
    frame = 0;
    const isDone = matches?.advance(sliceMs) ?? true;
    count.value = matches?.numbers.length ?? 0;
    if (!isDone) frame = requestAnimationFrame(look);
  }

  watch([finder, revision], ([find], [before]) => {
    const isNew = find !== before;
    // Lines that were put in front have not been looked through.
    if (isNew || ring.first < first) matches = find && new LogMatches(ring, find);
    if (isNew) current.value = undefined;
    first = ring.first;
    if (!frame) look();
  });
  onScopeDispose(() => cancelAnimationFrame(frame));
  return { wanted, finder, count, current, step: (by: 1 | -1) => (current.value = nextMatch(matches?.numbers ?? [], current.value, by)) };
}

/** The match above (-1) or below (1) the current one, round at the ends; undefined where there is none. */
function nextMatch(numbers: readonly number[], current: number | undefined, by: 1 | -1): number | undefined {
  const at = current === undefined ? (by < 0 ? 0 : -1) : numbers.indexOf(current);
  return numbers.length ? numbers.at((at + by + numbers.length) % numbers.length) : undefined;
}
