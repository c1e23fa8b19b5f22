import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import type { ViewAnswer, ViewMessage } from '../files/thread-messages.ts';
import type { FileMessage, FileOrder, FileWork } from './file-messages.ts';

/** How long the one thread that is free waits for more work. */
const keptMs = 10_000;
const lastWords: ReadonlySet<string> = new Set<(FileMessage | ViewMessage)['kind']>([
  'unpacked',
  'changes',
  'packed',
  'copied',
  'mounted',
  'done',
]);

export interface ThreadListener {
  readonly hear: (message: FileMessage | ViewMessage) => void;
  /** The thread died. */
  readonly fail: (failure: Failure) => void;
}

export interface BegunWork {
  /** Told to the work, with memory that is the thread's from then on; nothing once it is over. */
  say(answer: ViewAnswer, given?: readonly ArrayBuffer[]): void;
  /** Resolves when the thread holds no file of the work any more. */
  readonly over: Promise<unknown>;
}

let kept: { readonly worker: Worker; readonly letGo: () => void } | undefined;

/**
 * Has one piece of work done in a thread that does nothing else meanwhile. A thread whose work came to its end takes the next, if that comes within 10 s: to
 * start one takes 30 ms, and twice that on a busy machine. One whose work failed or was given up ends, so what it may have left in it is nobody's trouble.
 */
export function beginInThread(work: FileWork, { hear, fail }: ThreadListener): BegunWork {
  const worker = takeThread();
  const { promise: over, resolve: end } = Promise.withResolvers<undefined>();
  let isOver = false;
  const onMessage = (message: FileMessage | ViewMessage): void => {
    if (lastWords.has(message.kind)) {
      isOver = true;
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      keepThread(worker);
      end(undefined);
    }
    hear(message);
  };
  const onError = (cause: unknown): void => fail(Failure.from(cause));
  const onExit = (): void => {
    isOver = true;
    fail(new Failure('internal', 'the thread that worked with files ended too early'));
    end(undefined);
  };
  worker.on('message', onMessage).on('error', onError).once('exit', onExit);
  worker.postMessage({ kind: 'work', work } satisfies FileOrder);
  const say = (answer: ViewAnswer, given: readonly ArrayBuffer[] = []): void => {
    if (!isOver) worker.postMessage(answer, given);
  };
  return { over, say };
}

function takeThread(): Worker {
  const free = kept;
  if (free === undefined) return startThread();
  free.letGo();
  free.worker.ref();
  return free.worker;
}

/** One is enough; it keeps no process alive. */
function keepThread(worker: Worker): void {
  if (kept !== undefined) {
    void worker.terminate();
    return;
  }
  worker.unref();
  const letGo = (): void => {
    kept = undefined;
    clearTimeout(timer);
    worker.off('error', letGo).off('exit', letGo);
  };
  const timer = setTimeout(() => {
    letGo();
    void worker.terminate();
  }, keptMs).unref();
  worker.on('error', letGo).on('exit', letGo);
  kept = { worker, letGo };
}

function startThread(): Worker {
  return new Worker(threadFile(), {
    execArgv: ['--conditions=source'],
    trackUnmanagedFds: false, // it would close descriptors that C functions opened
  });
}

/** The entry lies beside this file: `.ts` from source, `.js` when built, `.mjs` beside a bundle (built as a second entry of that name). */
function threadFile(): URL {
  return new URL(`./file-thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
}
