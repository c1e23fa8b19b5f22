import { Failure } from '@gantry/base';
import { type Bytes, leaveUnread, multiplex, type OutputPart } from '@gantry/engine-api';
import { DetachKeys, detachSequence } from '../containers/detach-keys.ts';
import type { Exec } from './exec.ts';

/** A started exec as its client sees it. */
export interface RunningExec {
  readonly output: AsyncIterable<OutputPart>;
  write(bytes: Uint8Array): Promise<void>;
  endInput(): void;
  /** Resolves when the exec's code is known. */
  readonly end: Promise<void>;
}

export interface ExecEnds {
  readonly starting: Promise<RunningExec>;
  /** Hears that the person left by the detach keys. */
  readonly left: () => void;
}

/** What a client brings to an exec, and how it wants to be answered. */
export interface ExecClient {
  readonly input: Bytes;
  /** The bytes of all streams as they are, rather than in frames. */
  readonly isRaw: boolean;
}

/** The client's side of an exec: its bytes in, the process' out; a refused start is told in the stream. Ends with the process, or when the person detaches. */
export async function* execStream(exec: Exec, { starting, left }: ExecEnds, { input, isRaw }: ExecClient): AsyncGenerator<Uint8Array> {
  const { config } = exec;
  let running: RunningExec;
  try {
    running = await starting;
  } catch (cause) {
    leaveUnread(input);
    yield* framed(isRaw, [{ stream: 'stdout', bytes: Buffer.from(`${Failure.from(cause).message}\r\n`) }]);
    return;
  }
  const gone = Promise.withResolvers<undefined>();
  const detached = (): void => {
    left();
    gone.resolve(undefined);
  };
  if (config.attachStdin) void pump(input, { exec, running, detached });
  else leaveUnread(input);
  yield* framed(isRaw, untilGone(running.output, gone.promise));
  await Promise.race([running.end, gone.promise]);
}

async function pump(input: Bytes, { exec, running, detached }: { exec: Exec; running: RunningExec; detached: () => void }): Promise<void> {
  const keys = exec.config.tty ? new DetachKeys(detachSequence(exec.config.detachKeys)) : undefined;
  try {
    for await (const typed of input) {
      const { bytes, isDetached } = keys?.feed(typed) ?? { bytes: typed, isDetached: false };
      if (bytes.length > 0) await running.write(bytes);
      if (isDetached) {
        detached();
        return;
      }
    }
  } catch {
    // The client or the process is gone.
  }
  running.endInput();
}

async function* untilGone(parts: AsyncIterable<OutputPart>, gone: Promise<undefined>): AsyncGenerator<OutputPart> {
  const iterator = parts[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([iterator.next(), gone]);
    if (next === undefined || next.done === true) return;
    yield next.value;
  }
}

async function* framed(isRaw: boolean, parts: AsyncIterable<OutputPart> | Iterable<OutputPart>): AsyncGenerator<Uint8Array> {
  if (isRaw) {
    for await (const { bytes } of parts) yield bytes;
  } else {
    yield* multiplex(
      (async function* () {
        yield* parts;
      })(),
    );
  }
}
