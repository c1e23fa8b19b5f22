export interface FreshOptions {
  /** Asks for everything as it is now and takes it; false where the server could not be asked. */
  readonly ask: (signal: AbortSignal) => Promise<boolean>;
  readonly isConnected: () => boolean;
  readonly tell: (state: 'live' | 'lost') => void;
  readonly signal: AbortSignal;
  /** How long to wait after so many failures in a row; a little apart from others who lost the same server. */
  readonly pauseMs?: (failures: number) => number;
}

export interface Fresh {
  /** Asks for everything; once more where it is being asked for already. */
  readonly refresh: () => void;
  /** Takes news, at once or after the answer that is awaited, since they may be newer than it. False means that something was missed. */
  readonly take: (news: () => boolean) => void;
}

const longestPauseMs = 5_000;

/** Everything once, then news in the order in which they came; everything again where something was missed, and again until it could be asked for. */
export function keepFresh({ ask, isConnected, tell, signal, pauseMs = backOff }: FreshOptions): Fresh {
  let held: (() => boolean)[] | undefined;
  let isWanted = false;

  async function run(): Promise<void> {
    let failures = 0;
    while (isWanted && isConnected() && !signal.aborted) {
      isWanted = false;
      const mine: (() => boolean)[] = (held = []);
      const isAnswered = await ask(signal);
      tell(isAnswered ? 'live' : 'lost');
      if (isAnswered ? !mine.every((news) => news()) : isConnected()) isWanted = true;
      failures = isAnswered ? 0 : failures + 1;
      if (!isAnswered) await pause(pauseMs(failures), signal);
    }
    held = undefined;
  }

  function refresh(): void {
    isWanted = true;
    if (!held) void run();
  }
  return { refresh, take: (news) => (held ? void held.push(news) : news() || refresh()) };
}

function backOff(failures: number): number {
  return Math.min(longestPauseMs, 500 * 2 ** failures) * (0.75 + Math.random() / 2);
}

/** Ends early with the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
