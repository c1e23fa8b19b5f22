import { closeSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import { SharedCounts, type SpliceOrder, type SpliceThreadData } from './messages.ts';
import { type ConnectionTarget, duplicate, makeResetOnClose, openPipe } from './splice-calls.ts';

export interface SplicerSettings {
  /** How often it is looked whether the thread has nothing to carry any more; it ends the second time. Default: 30 s. */
  readonly lookMs?: number;
}

interface Thread {
  readonly worker: Worker;
  /** What is written here wakes it. */
  readonly wake: number;
  readonly counts: SharedCounts;
  /** Descriptors given to it, in the order of giving; those that it has not taken are closed when it dies. */
  readonly given: number[];
  /** How many are not in `given` any more. */
  forgotten: number;
}

/** Connections that belong together, as those of one port. Disposed of, they are cut. */
export interface SpliceGroup extends Disposable {
  /**
   * Carries an accepted connection, which nobody has read of (`pauseOnConnect`), to a server: the thread connects to it, and carries both ways until both have ended or
   * one breaks. The socket is over for this process. Where it cannot be carried its peer hears of a broken connection.
   */
  carry(client: Socket, to: ConnectionTarget): void;
}

/**
 * Carries TCP connections in the kernel (splice(2)), in a thread of its own that lives while there are any: this process sees none of their bytes, and none of its own
 * work keeps them waiting. Nothing is read of a connection before, so nothing can be lost on the way into the thread.
 */
export class Splicer implements AsyncDisposable {
  #thread: Thread | undefined;
  #look: NodeJS.Timeout | undefined;
  #lastGroup = 0;
  #isClosed = false;
  readonly #lookMs: number;

  constructor({ lookMs = 30_000 }: SplicerSettings = {}) {
    this.#lookMs = lookMs;
  }

  group(): SpliceGroup {
    const group = ++this.#lastGroup;
    return {
      carry: (client, to) => this.#carry(group, client, to),
      [Symbol.dispose]: () => {
        if (this.#thread) say(this.#thread, { kind: 'cut', group });
      },
    };
  }

  /** Cuts what is carried. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const thread = this.#thread;
    if (thread === undefined) return;
    thread.worker.ref(); // A process that ends with it waits for it.
    const ended = new Promise((resolve) => thread.worker.once('exit', resolve));
    this.#end(thread);
    await ended;
  }

  #carry(group: number, client: Socket, to: ConnectionTarget): void {
    if (this.#isClosed) {
      client.resetAndDestroy();
      return;
    }
    try {
      const thread = (this.#thread ??= this.#start());
      const socket = duplicate(descriptorOf(client));
      makeResetOnClose(socket);
      thread.given.push(socket);
      forgetTaken(thread);
      say(thread, { kind: 'carry', group, socket, to });
      client.destroy();
    } catch {
      client.resetAndDestroy();
    }
  }

  #start(): Thread {
    const [read, wake] = openPipe();
    const memory = SharedCounts.memory();
    let worker: Worker;
    try {
      worker = startThread({ wake: read, counts: memory });
    } catch (thrown) {
      for (const fd of [read, wake]) closeSync(fd);
      throw thrown;
    }
    const thread: Thread = { worker, wake, counts: new SharedCounts(memory), given: [], forgotten: 0 };
    worker.on('error', () => undefined); // Told by its exit.
    worker.on('exit', () => {
      forgetTaken(thread);
      for (const fd of [read, wake, ...thread.given]) closeSync(fd);
      if (this.#thread === thread) this.#forget();
    });
    worker.unref();
    this.#endWhenIdle(thread);
    return thread;
  }

  /** Between two looks at which it had nothing to carry it may have had something; it is kept then no longer than it has to. */
  #endWhenIdle(thread: Thread): void {
    let wasIdle = false;
    this.#look = setInterval(() => {
      forgetTaken(thread);
      const isIdle = thread.given.length === 0 && thread.counts.open === 0;
      if (isIdle && wasIdle) this.#end(thread);
      wasIdle = isIdle;
    }, this.#lookMs).unref();
  }

  #end(thread: Thread): void {
    this.#forget();
    say(thread, { kind: 'close' });
  }

  #forget(): void {
    clearInterval(this.#look);
    this.#thread = undefined;
  }
}

function startThread(workerData: SpliceThreadData): Worker {
  return new Worker(new URL(`./splice-thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url), {
    execArgv: ['--conditions=source'],
    trackUnmanagedFds: false, // it would close descriptors that C functions opened
    workerData,
  });
}

function forgetTaken(thread: Thread): void {
  const { taken } = thread.counts;
  thread.given.splice(0, (taken - thread.forgotten) | 0); // The count begins anew after 2^31.
  thread.forgotten = taken;
}

function say({ worker, wake }: Thread, order: SpliceOrder): void {
  worker.postMessage(order);
  try {
    writeSync(wake, 'w');
  } catch {
    // It is full of such words, and the thread awake; or the thread is gone, which its exit tells.
  }
}

/** What Node keeps to itself of a socket. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd: number } | null };
  const fd = handle?.fd ?? -1;
  if (fd < 0) throw new Failure('unavailable', 'the connection is closed');
  return fd;
}
