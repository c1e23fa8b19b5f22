import { type Answer, demultiplex, multiplexedStream, type OutputPart } from '@gantry/engine-api/client';
import { Failure } from '@gantry/base';
import { streamingEngineOn } from '../../api/engine-channels.ts';
import { LineReader, type ReadLine } from './log-lines.ts';

export type LogState = 'loading' | 'following' | 'ended' | 'lost';

export interface LogListener {
  readonly lines: (lines: readonly ReadLine[]) => void;
  readonly state: (state: LogState, problem?: string) => void;
}

interface Seen {
  readonly atMs: number;
  readonly text: string;
}

const firstLines = 5000;
const retryMs = 1500;

/**
 * Follows the log of a container until the signal or the end of the container. After a cut it goes on from the last line seen, so nothing is lost
 * or doubled. The listener is waited for by nobody: it must take lines in at once; reading itself is held back by the page's event loop.
 */
export async function followLog(container: { host: string; id: string }, listener: LogListener, signal: AbortSignal): Promise<void> {
  let last: Seen | undefined;
  const lines = (read: readonly ReadLine[]): void => {
    const newest = read.at(-1);
    if (newest?.atMs !== undefined) last = { atMs: newest.atMs, text: newest.text };
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
  container: { host: string; id: string },
  listener: LogListener,
  from: { last: Seen | undefined; signal: AbortSignal },
): Promise<void> {
  const { last, signal } = from;
  const start = last ? { since: sinceOf(last.atMs) } : { tail: String(firstLines) };
  const query = { follow: true, stdout: true, stderr: true, timestamps: true, ...start };
  const answer = await streamingEngineOn(container.host).call('ContainerLogs', { path: { id: container.id }, query }, signal);
  listener.state('following');
  const reader = new LineReader();
  for await (const part of partsOf(answer)) listener.lines(withoutSeen(reader.push(part), last));
  listener.lines(reader.end());
}

/** A terminal's container has one stream without frames. */
async function* partsOf(answer: Answer): AsyncGenerator<OutputPart, void, undefined> {
  if (answer.headers.get('content-type')?.startsWith(multiplexedStream)) yield* demultiplex(answer.bytes);
  else for await (const bytes of answer.bytes) yield { stream: 'stdout', bytes };
}

/** The API's `since` counts whole seconds and fractions. */
function sinceOf(atMs: number): string {
  return (Math.floor(atMs) / 1000).toFixed(3);
}

function withoutSeen(lines: readonly ReadLine[], seen: { atMs: number; text: string } | undefined): ReadLine[] {
  if (!seen) return [...lines];
  return lines.filter(({ atMs, text }) => atMs === undefined || atMs > seen.atMs || (atMs === seen.atMs && text !== seen.text));
}
