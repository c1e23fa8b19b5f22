import { Failure } from '@gantry/base';
import { type Bytes, leaveUnread, multiplex, type OutputPart } from '@gantry/engine-api';
import { DetachKeys, detachSequence } from '../containers/detach-keys.ts';
import type { Exec, ExecConfig } from './exec.ts';

/** A started exec as its client sees it. */
export interface RunningExec {
  readonly output: AsyncIterable<OutputPart>;
  write(bytes: Uint8Array): Promise<void>;
  endInput(): void;
  /** Its client has left: the process goes on, and what it writes is dropped. */
  leave(): void;
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

/**
 * The client's side of an exec: its bytes in, the process' out; a refused start is told in the stream. Ends with the process, or before it when the person
 * detaches, when the client ends its input of a terminal, and, where no output is attached, when it ends its input or has none: as in dockerd.
 */
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
  const leave = (): void => {
    running.leave();
    gone.resolve(undefined);
  };
  const detached = (): void => {
    left();
    leave();
  };
  const hasOutput = config.attachStdout || config.attachStderr;
  if (config.attachStdin) {
    void pump(input, { exec, running, detached }).then((isAtEnd) => {
      if (isAtEnd && (config.tty || !hasOutput)) leave();
    });
  } else {
    leaveUnread(input);
    if (!hasOutput) leave();
  }
  yield* framed(isRaw, attachedOf(config, running.output));
  await Promise.race([running.end, gone.promise]);
}

/** True where the client has ended its input; false where it has detached. */
async function pump(
  input: Bytes,
  { exec, running, detached }: { exec: Exec; running: RunningExec; detached: () => void },
): Promise<boolean> {
  const keys = exec.config.tty ? new DetachKeys(detachSequence(exec.config.detachKeys)) : undefined;
  try {
    for await (const typed of input) {
      const { bytes, isDetached } = keys?.feed(typed) ?? { bytes: typed, isDetached: false };
      if (bytes.length > 0) await running.write(bytes);
      if (isDetached) {
        detached();
        return false;
      }
    }
  } catch {
    // The client or the process is gone.
  }
  // A terminal stays open: the process would take its end for a hang-up.
  if (!exec.config.tty) running.endInput();
  return true;
}

async function* attachedOf({ attachStdout, attachStderr }: ExecConfig, parts: AsyncIterable<OutputPart>): AsyncGenerator<OutputPart> {
  for await (const part of parts) if (part.stream === 'stdout' ? attachStdout : attachStderr) yield part;
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
