import { Failure } from '@gantry/base';
import { type Caller, largestChunkBytes } from '@gantry/engine-api';
import type { FileMessage } from '../layers/file-messages.ts';
import { type BegunWork, beginInThread } from '../layers/kept-threads.ts';
import { FileSlots } from './file-slots.ts';
import type { FileHead } from './file-task.ts';
import type { PathStat } from './path-stat.ts';
import type { ViewAnswer, ViewMessage } from './thread-messages.ts';
import type { ViewWork } from './view-task.ts';

export interface ViewThreadContext {
  readonly signal: AbortSignal;
  readonly caller: Caller;
  /** Paths of the host that are mounted for a container, or that a volume is, are reached too. */
  readonly hasHostBinds: boolean;
  /** What the task reads. */
  readonly input?: AsyncIterable<Uint8Array>;
}

const slots = new FileSlots();

/**
 * One task on the files of a container, in a thread that is in the mount namespace of its view until the task ends. Disposing gives it up and waits for
 * its end, after which the thread holds no file.
 */
export class ViewThread<Head extends PathStat | FileHead = PathStat> implements AsyncDisposable {
  readonly #work: BegunWork;
  readonly #input: AsyncIterator<Uint8Array> | undefined;
  readonly #head = Promise.withResolvers<Head | undefined>();
  readonly #done = Promise.withResolvers<undefined>();
  readonly #pieces: Uint8Array[] = [];
  #isOver = false;
  #sending: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  readonly #signal: AbortSignal;
  readonly #cancel = (): void => this.#say({ kind: 'cancel' });

  /** Waits until the caller may have a thread. Fails with `exhausted` where that takes too long. */
  static async begin<Head extends PathStat | FileHead>(work: ViewWork, context: ViewThreadContext): Promise<ViewThread<Head>> {
    using undo = new DisposableStack();
    const slot = undo.use(await slots.take(context.caller, context.signal));
    const thread = new ViewThread<Head>(work, context);
    undo.move();
    void thread.over.then(() => slot[Symbol.dispose]());
    return thread;
  }

  private constructor(work: ViewWork, { signal, input }: ViewThreadContext) {
    signal.throwIfAborted();
    this.#signal = signal;
    this.#input = input?.[Symbol.asyncIterator]();
    this.#work = beginInThread(work, {
      hear: (message: FileMessage | ViewMessage) => this.#hear(message as ViewMessage),
      fail: (failure) => this.#end(failure),
    });
    signal.addEventListener('abort', this.#cancel, { once: true });
    this.#head.promise.catch(() => undefined);
    this.#done.promise.catch(() => undefined);
  }

  /** What the task found at its path, before its first byte; undefined: nothing is there, or it says nothing. */
  get head(): Promise<Head | undefined> {
    return this.#head.promise;
  }

  /** Resolves when the task is done; fails with what it failed with. */
  get done(): Promise<undefined> {
    return this.#done.promise;
  }

  /** Resolves when the thread has left the view and holds no file of it. */
  get over(): Promise<unknown> {
    return this.#work.over;
  }

  /** The output, to its end; fails with what the task failed with. Ending the iteration before gives the task up. */
  async *output(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let piece = await this.#piece(); piece !== undefined; piece = await this.#piece()) {
        this.#say({ kind: 'taken' });
        for (let at = 0; at < piece.length; at += largestChunkBytes) yield piece.subarray(at, at + largestChunkBytes);
      }
    } finally {
      this.#cancel();
    }
  }

  async #piece(): Promise<Uint8Array | undefined> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined || this.#isOver) return piece ?? this.#done.promise;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await this.#work.over;
    await this.#input?.return?.();
  }

  #hear(message: ViewMessage): void {
    if (message.kind === 'head') this.#head.resolve(message.head as Head | undefined);
    else if (message.kind === 'want') this.#sending = this.#sending.then(() => this.#send());
    else if (message.kind === 'done') this.#end(undefined);
    else if (message.kind === 'failed') this.#end(new Failure(message.code, message.message));
    else {
      this.#pieces.push(message.bytes);
      this.#wake();
    }
  }

  async #send(): Promise<void> {
    if (this.#isOver) return;
    try {
      const next = await this.#input?.next();
      if (next === undefined || next.done === true) this.#say({ kind: 'end' });
      else this.#say({ kind: 'input', bytes: next.value }, ownMemory(next.value));
    } catch (thrown) {
      this.#end(Failure.from(thrown));
      this.#cancel();
    }
  }

  #end(failure: Failure | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#cancel);
    if (failure === undefined) this.#done.resolve(undefined);
    else this.#done.reject(failure);
    if (failure === undefined) this.#head.resolve(undefined);
    else this.#head.reject(failure);
    this.#wake();
  }

  #say(answer: ViewAnswer, given: readonly ArrayBuffer[] = []): void {
    this.#work.say(answer, given);
  }
}

/** A piece that has its memory for itself is given away instead of copied: it is its reader's. */
function ownMemory({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
