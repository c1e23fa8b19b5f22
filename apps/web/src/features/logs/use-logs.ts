import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { failureText } from '../../shell/failure-text.ts';
import { firstLines, followLog, type LogListener, type LogState, readOlder } from './follow-log.ts';
import { type ReadLine, type Seen, seenAfter } from './log-lines.ts';
import { keptLines, LogRing } from './log-ring.ts';

/** A fast log is shown ten times a second: nobody reads faster, and the page stays free. */
const flushMs = 100;

/** Whether there may be lines before the first one. */
export type OlderLines = 'none' | 'offered' | 'loading';

/** The log of a container as the view shows it, until the scope ends. `revision` moves with each change of the ring. */
export function useLogs(host: string, id: string) {
  const ring = new LogRing();
  const revision = shallowRef(0);
  const state = shallowRef<LogState>('loading');
  const problem = shallowRef<string>();
  const closing = new AbortController();
  onScopeDispose(() => closing.abort());
  const older = useOlderLines({ host, id, ring, revision, problem, signal: closing.signal });
  const lines = gathered((waiting) => {
    ring.push(waiting);
    older.look();
    revision.value++;
  }, closing.signal);
  const listener: LogListener = {
    lines,
    state(next, said) {
      state.value = next;
      problem.value = said;
    },
  };
  const isLive = useReading({ host, id }, listener, closing.signal);
  return {
    ...{ isLive, ring, revision, state, problem, older: older.state, loadOlder: older.load },
    clear: () => {
      ring.clear();
      older.look();
      revision.value++;
    },
  };
}

/** Reads the log, complete or live as the person chooses, each time from where it was read to: nothing is doubled when they change their mind. */
function useReading(container: { host: string; id: string }, listener: LogListener, signal: AbortSignal) {
  const isLive = shallowRef(false);
  let seen: Seen | undefined;
  let reading = new AbortController();
  signal.addEventListener('abort', () => reading.abort());
  function follow(): void {
    reading.abort();
    const mine = (reading = new AbortController()).signal;
    const lines = (read: readonly ReadLine[]): void => {
      if (mine.aborted) return;
      seen = seenAfter(seen, read);
      listener.lines(read);
    };
    void followLog({ ...container, isLive: isLive.value, from: seen }, { ...listener, lines }, mine);
  }
  watch(isLive, follow, { immediate: true });
  return isLive;
}

/** Hands on what has come in since the last time, ten times a second at most. */
function gathered(take: (lines: readonly ReadLine[]) => void, signal: AbortSignal): LogListener['lines'] {
  let waiting: ReadLine[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    take(waiting);
    waiting = [];
  };
  signal.addEventListener('abort', () => clearTimeout(timer));
  return (lines) => {
    for (const line of lines) waiting.push(line);
    timer ??= setTimeout(flush, flushMs);
  };
}

interface Older {
  readonly host: string;
  readonly id: string;
  readonly ring: LogRing;
  readonly revision: Ref<number>;
  readonly problem: Ref<string | undefined>;
  readonly signal: AbortSignal;
}

/** Lines from before the first one; offered once there are so many that there may be some, and never after lines have gone from the front. */
function useOlderLines({ host, id, ring, revision, problem, signal }: Older) {
  const state = shallowRef<OlderLines>('none');
  let wasAsked = false;
  return {
    state,
    look: () => {
      if (ring.dropped > 0) state.value = 'none';
      else if (!wasAsked && ring.length >= firstLines) state.value = 'offered';
    },
    load: async () => {
      wasAsked = true;
      state.value = 'loading';
      try {
        ring.prepend(await readOlder({ host, id }, { tail: keptLines, present: ring.slice(0, ring.length) }, signal));
        state.value = 'none';
        revision.value++;
      } catch (thrown) {
        if (signal.aborted) return;
        problem.value = failureText(thrown).detail;
        state.value = 'offered';
      }
    },
  };
}
