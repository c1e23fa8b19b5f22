import { onScopeDispose, shallowRef } from 'vue';
import { followLog, type LogState } from './follow-log.ts';
import type { ReadLine } from './log-lines.ts';
import { LogRing } from './log-ring.ts';

/** The log of a container as the view shows it: lines come in as fast as they can and are shown once per frame, until the scope ends. */
export function useLogs(host: string, id: string) {
  const ring = new LogRing();
  const revision = shallowRef(0);
  const state = shallowRef<LogState>('loading');
  const problem = shallowRef<string>();
  const closing = new AbortController();
  let waiting: ReadLine[] = [];
  let frame = 0;

  function flush(): void {
    frame = 0;
    ring.push(waiting);
    waiting = [];
    revision.value++;
  }

  const listener = {
    lines: (lines: readonly ReadLine[]) => {
      for (const line of lines) waiting.push(line);
      frame ||= requestAnimationFrame(flush);
    },
    state: (next: LogState, said?: string) => {
      state.value = next;
      problem.value = said;
    },
  };
  void followLog({ host, id }, listener, closing.signal);
  onScopeDispose(() => {
    closing.abort();
    cancelAnimationFrame(frame);
  });
  return { ring, revision, state, problem };
}
