import { type Answer, demultiplex, multiplexedStream, type OutputPart } from '@gantry/engine-api/client';
import { Failure } from '@gantry/base';
import { streamingEngineOn } from '../../api/engine-channels.ts';
import { LineReader, type ReadLine, type Seen, seenAfter, withoutSeen } from './log-lines.ts';
import { LogRing } from './log-ring.ts';

export type LogState = 'loading' | 'following' | 'ended' | 'lost';

export interface LogListener {
  readonly lines: (lines: readonly ReadLine[]) => void;
  readonly state: (state: LogState, problem?: string) => void;
}

/** What is shown at once; older lines are read when somebody asks for them. */
export const firstLines = 10_000;
const retryMs = 1500;

export interface FollowedLog {
  readonly host: string;
  readonly id: string;
  /** How many lines are read at first; else as many as a view of one container shows. */
  readonly tail?: number;
  /** The newest lines rather than all: what the way is too slow for is skipped and counted. */
  readonly isLive?: boolean;
  /** Where reading goes on; else with the last lines. */
  readonly from?: Seen | undefined;
}

/**
 * Follows the log of a container until the signal or the end of the container. After a cut it goes on from the last line seen, so nothing is lost
 * or doubled. The listener is waited for by nobody: it must take lines in at once; reading itself is held back by the page's event loop.
 */
export async function followLog(container: FollowedLog, listener: LogListener, signal: AbortSignal): Promise<void> {
  let last = container.from;
  const lines = (read: readonly ReadLine[]): void => {
    last = seenAfter(last, read);
    if (read.length) listener.lines(read);
  };
  for (;;) {
    try {
      await readOnce(container, { ...listener, lines }, { last, signal });
      return listener.state('ended');
    } catch (thrown) {
      if (signal.aborted) return;
      const failure = Failure.from(thrown);
      listener.state('lost', failure.message);
      if (failure.code === 'forbidden' || failure.code === 'not-found' || failure.code === 'unsupported') return;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

async function readOnce(
  container: FollowedLog,
  listener: LogListener,
  from: { last: Seen | undefined; signal: AbortSignal },
): Promise<void> {
  const { last, signal } = from;
  const start = last ? { since: secondsOf(last.atMs) } : { tail: String(container.tail ?? firstLines) };
  const query = { follow: true, stdout: true, stderr: true, timestamps: true, ...start };
  const headers = container.isLive ? { 'x-gantry-live': '1' } : {};
  const answer = await streamingEngineOn(container.host).call('ContainerLogs', { path: { id: container.id }, query, headers }, signal);
  listener.state('following');
  const reader = new LineReader();
  const unseen = withoutSeen(last);
  for await (const part of partsOf(answer)) listener.lines(unseen(reader.push(part)));
  listener.lines(unseen(reader.end()));
}

/**
 * The lines before the first ones that are there, oldest first: from the last `tail` lines of the log, at most what a view keeps. `present` are the
 * lines that are there, from the oldest on; their times tell where the older ones end.
 */
export async function readOlder(
  container: { host: string; id: string },
  { tail, present }: { tail: number; present: readonly ReadLine[] },
  signal: AbortSignal,
): Promise<readonly ReadLine[]> {
  const untilMs = present[0]?.atMs;
  if (untilMs === undefined) return [];
  const query = { stdout: true, stderr: true, timestamps: true, tail: String(tail), until: secondsOf(untilMs + 1) };
  const answer = await streamingEngineOn(container.host).call('ContainerLogs', { path: { id: container.id }, query }, signal);
  const reader = new LineReader();
  const older = new LogRing();
  const keep = (lines: readonly ReadLine[]): void => older.push(lines.filter(({ atMs = 0 }) => atMs <= untilMs));
  for await (const part of partsOf(answer)) keep(reader.push(part));
  keep(reader.end());
  // Times are whole milliseconds here: of the last one, the present lines are the end.
  const shared = present.findIndex(({ atMs }) => atMs !== untilMs);
  return older.slice(0, Math.max(0, older.length - (shared < 0 ? present.length : shared)));
}

/** A terminal's container has one stream without frames. */
async function* partsOf(answer: Answer): AsyncGenerator<OutputPart, void, undefined> {
  if (answer.headers.get('content-type')?.startsWith(multiplexedStream)) yield* demultiplex(answer.bytes);
  else for await (const bytes of answer.bytes) yield { stream: 'stdout', bytes };
}

/** The API's `since` and `until` count whole seconds and fractions. */
function secondsOf(atMs: number): string {
  return (Math.floor(atMs) / 1000).toFixed(3);
}
