import type { Worker } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import { fileThread } from '../layers/file-threads.ts';
import type { PathStat } from './path-stat.ts';
import type { ViewAnswer, ViewMessage } from './thread-messages.ts';
import type { ViewWork } from './view-task.ts';

export interface ViewThreadContext {
  readonly signal: AbortSignal;
  /** What the task reads. */
  readonly input?: AsyncIterable<Uint8Array>;
}

/**
 * One task on the files of a container, in a thread that is in the mount namespace of its view and ends with the task. Disposing gives it up and waits for
 * its end, after which it holds no file.
 */
export class ViewThread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #input: AsyncIterator<Uint8Array> | undefined;
  readonly #stat = Promise.withResolvers<PathStat | undefined>();
  readonly #done = Promise.withResolvers<undefined>();
  readonly #exited: Promise<void>;
  readonly #pieces: Uint8Array[] = [];
  #isOver = false;
  #sending: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  readonly #signal: AbortSignal;
  readonly #cancel = (): void => this.#say({ kind: 'cancel' });

  constructor(work: ViewWork, { signal, input }: ViewThreadContext) {
    signal.throwIfAborted();
    this.#signal = signal;
    this.#input = input?.[Symbol.asyncIterator]();
    this.#worker = fileThread(work);
    this.#worker.on('message', (message: ViewMessage) => this.#hear(message));
    this.#worker.on('error', (cause) => this.#end(Failure.from(cause)));
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    void this.#exited.then(() => this.#end(new Failure('internal', 'the thread that worked with files ended too early')));
    signal.addEventListener('abort', this.#cancel, { once: true });
    this.#stat.promise.catch(() => undefined);
    this.#done.promise.catch(() => undefined);
  }

  /** What the task found at its path, before its first byte; undefined: nothing is there. */
  get stat(): Promise<PathStat | undefined> {
    return this.#stat.promise;
  }

  /** Resolves when the task is done; fails with what it failed with. */
  get done(): Promise<undefined> {
    return this.#done.promise;
  }

  /** Resolves when the thread is gone. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** The output, to its end; fails with what the task failed with. Ending the iteration before gives the task up. */
  async *output(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let piece = await this.#piece(); piece !== undefined; piece = await this.#piece()) {
        this.#say({ kind: 'taken' });
        yield piece;
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
    await this.#exited;
    await this.#input?.return?.();
  }

  #hear(message: ViewMessage): void {
    if (message.kind === 'stat') this.#stat.resolve(message.stat);
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
      this.#say(next === undefined || next.done === true ? { kind: 'end' } : { kind: 'input', bytes: next.value });
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
    if (failure === undefined) this.#stat.resolve(undefined);
    else this.#stat.reject(failure);
    this.#wake();
  }

  #say(answer: ViewAnswer): void {
    this.#worker.postMessage(answer);
  }
}
