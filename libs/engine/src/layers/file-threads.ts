import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import type { MountRequest, TreeCopy } from '@gantry/linux';
import type { Digest } from '@gantry/oci';
import type { FileMessage, FileWork, UnpackWork } from './file-messages.ts';
import type { PackWork } from './pack-layer.ts';
import type { ChangesWork, UpperChange } from './upper-changes.ts';
import type { UnpackedLayer } from './unpack-layer.ts';

export interface UnpackContext {
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Threads that unpack layers, one layer each; each costs about 12 MB while it lives. */
export class LayerThreads {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Unpacks in a thread of its own, when there is room for one. Fails with what unpacking fails with; cancelled, the directory holds a part. */
  async unpack(work: Omit<UnpackWork, 'kind'>, context: UnpackContext = {}): Promise<UnpackedLayer> {
    if (this.#running >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      const last = await inThread({ kind: 'unpack', ...work }, context);
      if (last.kind !== 'unpacked') throw new Failure('internal', 'the thread that unpacked a layer answered something else');
      return last.layer;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** Copies a tree (see `copyTree`) in a thread of its own. */
export async function copyInThread(copy: TreeCopy): Promise<boolean> {
  const last = await inThread({ kind: 'copy', ...copy }, {});
  return last.kind === 'copied' && last.isDone;
}

/** What a container changed (see `upperChanges`), found in a thread of its own. */
export async function changesInThread(work: Omit<ChangesWork, 'kind'>): Promise<readonly UpperChange[]> {
  const last = await inThread({ kind: 'changes', ...work }, {});
  return last.kind === 'changes' ? last.changes : [];
}

/** Writes a layer's tar (see `packLayer`) in a thread of its own. */
export async function packInThread(work: Omit<PackWork, 'kind'>): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const last = await inThread({ kind: 'pack', ...work }, {});
  if (last.kind !== 'packed') throw new Failure('internal', 'the thread that packed a layer answered something else');
  return last;
}

/** Mounts (see `MountOperations.mount`) in a thread of its own, which may be kept waiting by a file server. Failures carry `details.errno`. */
export async function mountInThread(request: MountRequest): Promise<void> {
  await inThread({ kind: 'mount', request }, {});
}

async function inThread(work: FileWork, { onProgress, signal }: UnpackContext): Promise<FileMessage> {
  if (signal?.aborted === true) throw new Failure('cancelled', 'unpacking was cancelled');
  const { promise, resolve, reject } = Promise.withResolvers<FileMessage>();
  const worker = fileThread(work);
  const cancel = (): void => worker.postMessage('cancel');
  signal?.addEventListener('abort', cancel, { once: true });
  worker.on('message', (message: FileMessage) => {
    if (message.kind === 'progress') onProgress?.(message.bytes);
    else if (message.kind === 'failed') reject(new Failure(message.code, message.message, { details: { errno: message.errno } }));
    else resolve(message);
  });
  worker.on('error', reject);
  const exited = new Promise<void>((ended) => worker.once('exit', () => ended()));
  void exited.then(() => reject(new Failure('internal', 'the thread that worked with files ended too early')));
  try {
    return await promise;
  } finally {
    signal?.removeEventListener('abort', cancel);
    await exited; // It holds no descriptor of the directory any more.
  }
}

/** Starts a thread for one piece of work. */
export function fileThread(work: FileWork): Worker {
  return new Worker(threadFile(), {
    workerData: work,
    execArgv: ['--conditions=source'],
    trackUnmanagedFds: false, // it would close descriptors that C functions opened
  });
}

/** The entry lies beside this file: `.ts` from source, `.js` when built, `.mjs` beside a bundle (built as a second entry of that name). */
function threadFile(): URL {
  return new URL(`./file-thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
}
