const firstMinuteMs = 60_000;

/**
 * How long to wait before the next try to connect: full jitter under a ceiling that grows from 1 to 10 s in the first minute and to 60 s
 * after it, so that a thousand agents do not return at one instant. A wait that the server asked for is the floor, with jitter above it.
 */
export function reconnectDelayMs(down: { sinceMs: number; attempt: number; retryAfterMs?: number; random?: () => number }): number {
  const { sinceMs, attempt, retryAfterMs = 0, random = Math.random } = down;
  const ceiling =
    sinceMs < firstMinuteMs
      ? Math.min(10_000, 1000 * 2 ** Math.min(attempt, 10))
      : Math.min(60_000, 10_000 + (sinceMs - firstMinuteMs) / 2);
  return Math.round(retryAfterMs + random() * ceiling);
}
