import { once } from 'node:events';
import { closeSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import type { SpliceOrder, SpliceReport } from './messages.ts';
import { duplicate, openPipe } from './splice-calls.ts';

/** How long the thread stays when it has nothing to carry. */
const keptMs = 10_000;

interface Thread {
  readonly worker: Worker;
  /** What is written here wakes it. */
  readonly wake: number;
}

/**
 * Carries TCP connections to others in the kernel (splice(2)), in a thread of its own that lives while there are any: this process sees none of their
 * bytes, and none of its own work keeps them waiting.
 */
export class Splicer implements AsyncDisposable {
  #thread: Thread | undefined;
  #lastId = 0;
  readonly #ends = new Map<number, () => void>();
  #letGo: NodeJS.Timeout | undefined;

  /**
   * Carries what comes on one socket to the other, both ways, until both have ended or one breaks. Both are read no more (`stopReading`) and all that was read is
   * written; they are over for this process. `onEnd` is told once. Disposing cuts both. Fails with `unavailable` where one is closed.
   */
  carry(sockets: readonly [Socket, Socket], onEnd: () => void): Disposable {
    const id = ++this.#lastId;
    const duplicates: number[] = [];
    try {
      for (const socket of sockets) duplicates.push(duplicate(descriptorOf(socket)));
      const [one = -1, other = -1] = duplicates;
      this.#ends.set(id, onEnd);
      this.#say({ kind: 'carry', id, sockets: [one, other] });
    } catch (thrown) {
      this.#ends.delete(id);
      for (const fd of duplicates) closeSync(fd);
      throw thrown;
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    return { [Symbol.dispose]: () => (this.#ends.has(id) ? this.#say({ kind: 'cut', id }) : undefined) };
  }

  /** Cuts what is carried. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#letGo);
    const thread = this.#thread;
    if (thread === undefined) return;
    const ended = once(thread.worker, 'exit');
    this.#close(thread);
    await ended;
  }

  #say(order: SpliceOrder): void {
    clearTimeout(this.#letGo);
    const thread = (this.#thread ??= this.#start());
    thread.worker.postMessage(order);
    wakeUp(thread);
  }

  #start(): Thread {
    const [read, wake] = openPipe();
    const worker = new Worker(new URL(`./splice-thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url), {
      execArgv: ['--conditions=source'],
      trackUnmanagedFds: false, // it would close descriptors that C functions opened
      workerData: { wake: read },
    });
    const thread = { worker, wake };
    worker.on('message', ({ ended }: SpliceReport) => this.#ended(ended));
    worker.on('error', () => undefined); // Told by its exit.
    worker.on('exit', () => {
      closeSync(read);
      closeSync(wake);
      if (this.#thread === thread) this.#lost();
    });
    worker.unref();
    return thread;
  }

  #ended(id: number): void {
    const onEnd = this.#ends.get(id);
    this.#ends.delete(id);
    onEnd?.();
    if (this.#ends.size > 0) return;
    this.#letGo = setTimeout(() => this.#thread && this.#close(this.#thread), keptMs).unref();
  }

  #close(thread: Thread): void {
    this.#thread = undefined;
    thread.worker.postMessage({ kind: 'close' } satisfies SpliceOrder);
    wakeUp(thread);
  }

  /** It died, and what it carried with it. */
  #lost(): void {
    this.#thread = undefined;
    for (const id of [...this.#ends.keys()]) this.#ended(id);
  }
}

function wakeUp({ wake }: Thread): void {
  try {
    writeSync(wake, 'w');
  } catch {
    // It is full of such words, and the thread awake; or the thread is gone, which its exit tells.
  }
}

/** What Node keeps to itself of a socket. */
interface Handle {
  reading: boolean;
  readonly fd: number;
  readStop(): void;
}

function handleOf(socket: Socket): Handle | undefined {
  const { _handle: handle } = socket as unknown as { readonly _handle?: Handle | null };
  return handle ?? undefined;
}

function descriptorOf(socket: Socket): number {
  const { fd = -1 } = handleOf(socket) ?? {};
  if (fd < 0) throw new Failure('unavailable', 'the connection is closed');
  return fd;
}

/** The kernel is asked for no more of a socket; `pause` alone reads ahead. What was read already is still to be taken. */
export function stopReading(socket: Socket): void {
  socket.pause();
  const handle = handleOf(socket);
  if (handle?.reading !== true) return;
  handle.reading = false;
  handle.readStop();
}
