import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import type { KernelOperations, KernelOptions } from './kernel-operations.ts';
import type { KernelAnswer, KernelReady } from './messages.ts';

/**
 * The one thread that makes mounts, namespaces, links and firewall rules, asked from the main thread, which never changes its namespace
 * and never waits for the kernel. Requests are done in the order of their calls. Failures carry `details.errno`. Where the thread dies,
 * what it was doing fails with `unavailable` and the next request starts a new one.
 */
export type Kernel = {
  readonly [Name in keyof KernelOperations]: (
    ...args: Parameters<KernelOperations[Name]>
  ) => Promise<Awaited<ReturnType<KernelOperations[Name]>>>;
} & AsyncDisposable;

/** Starts the kernel thread. Fails with what it fails with: no right to enter the namespace, a machine that it does not know. */
export async function openKernel(options: KernelOptions = {}): Promise<Kernel> {
  // The pool of libuv starts now, while nobody is in a foreign namespace: its threads stay where they were born.
  await stat('/');
  const thread = new KernelThread(options);
  const names = await thread.start();
  const operations = names.map((name) => [name, (...args: unknown[]) => thread.ask(name, args)]);
  return {
    ...(Object.fromEntries(operations) as Omit<Kernel, typeof Symbol.asyncDispose>),
    [Symbol.asyncDispose]: () => thread.close(),
  };
}

interface Waiting {
  resolve(value: unknown): void;
  reject(reason: Failure): void;
}

class KernelThread {
  readonly #options: KernelOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #restart: Promise<unknown> | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(options: KernelOptions) {
    this.#options = options;
  }

  /** Starts the thread and answers the names of its operations. */
  start(): Promise<readonly string[]> {
    const started = Promise.withResolvers<readonly string[]>();
    const worker = new Worker(threadFile(), {
      workerData: this.#options,
      execArgv: ['--conditions=source'],
      trackUnmanagedFds: false, // it closes descriptors that C functions opened
    });
    this.#worker = worker;
    worker.on('message', (message: KernelAnswer | KernelReady) => {
      if ('ready' in message) started.resolve(message.ready);
      else this.#settle(message);
    });
    worker.on('error', (cause) => {
      started.reject(new Failure('unavailable', `the kernel thread does not start: ${Failure.from(cause).message}`, { cause }));
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      started.reject(new Failure('unavailable', 'the kernel thread does not start'));
      this.#failAll();
    });
    return started.promise;
  }

  async ask(name: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#isClosed) throw new Failure('unavailable', 'the kernel thread is closed');
    if (!this.#worker) await (this.#restart ??= this.start().finally(() => (this.#restart = undefined)));
    const worker = this.#worker;
    if (!worker) throw new Failure('unavailable', 'the kernel thread ended');
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    worker.postMessage({ id, name, args });
    return answer.promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    if (!worker) return;
    const ended = once(worker, 'exit');
    worker.postMessage('close');
    await ended;
  }

  #settle({ id, value, failure }: KernelAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure) waiting?.reject(new Failure(failure.code, failure.message, { details: failure.details }));
    else waiting?.resolve(value);
  }

  #failAll(): void {
    const failure = new Failure('unavailable', 'the kernel thread ended');
    for (const waiting of this.#waiting.values()) waiting.reject(failure);
    this.#waiting.clear();
  }
}

/** Its entry lies beside this file: `.ts` from source, `.js` when built, `.mjs` beside a bundle (built as a second entry of that name). */
function threadFile(): URL {
  return new URL(`./kernel-thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
}
