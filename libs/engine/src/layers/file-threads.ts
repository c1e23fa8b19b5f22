import { Failure } from '@gantry/base';
import type { BindBelow, MountRequest, TreeCopy } from '@gantry/linux';
import type { Digest } from '@gantry/oci';
import type { FileMessage, FileWork, UnpackWork } from './file-messages.ts';
import { beginInThread } from './kept-threads.ts';
import type { PackWork } from './pack-layer.ts';
import type { ChangesWork, UpperChange } from './upper-changes.ts';
import type { UnpackedLayer } from './unpack-layer.ts';

export interface UnpackContext {
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Threads that unpack layers, one layer at a time each; each costs about 12 MB while it lives. */
export class LayerThreads {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** None works. */
  get isIdle(): boolean {
    return this.#running === 0;
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

/** Copies a tree (see `copyTree`) in a thread. */
export async function copyInThread(copy: TreeCopy): Promise<boolean> {
  const last = await inThread({ kind: 'copy', ...copy }, {});
  return last.kind === 'copied' && last.isDone;
}

/** What a container changed (see `upperChanges`), found in a thread. */
export async function changesInThread(work: Omit<ChangesWork, 'kind'>): Promise<readonly UpperChange[]> {
  const last = await inThread({ kind: 'changes', ...work }, {});
  return last.kind === 'changes' ? last.changes : [];
}

/** Writes a layer's tar (see `packLayer`) in a thread. */
export async function packInThread(work: Omit<PackWork, 'kind'>): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const last = await inThread({ kind: 'pack', ...work }, {});
  if (last.kind !== 'packed') throw new Failure('internal', 'the thread that packed a layer answered something else');
  return last;
}

/** Mounts (see `MountOperations.mount`) in a thread of its own, which may be kept waiting by a file server. Failures carry `details.errno`. */
export async function mountInThread(request: MountRequest): Promise<void> {
  await inThread({ kind: 'mount', request }, {});
}

/** Mounts what lies below a directory (see `bindBelow`), in a thread of its own. Failures carry `details.errno`. */
export async function bindInThread(bind: BindBelow): Promise<void> {
  await inThread({ kind: 'bind', ...bind }, {});
}

async function inThread(work: FileWork, { onProgress, signal }: UnpackContext): Promise<FileMessage> {
  if (signal?.aborted === true) throw new Failure('cancelled', 'unpacking was cancelled');
  const { promise, resolve, reject } = Promise.withResolvers<FileMessage>();
  const begun = beginInThread(work, {
    hear: (message) => {
      if (message.kind === 'progress') onProgress?.(message.bytes);
      else if (message.kind === 'failed') reject(new Failure(message.code, message.message, { details: { errno: message.errno } }));
      else resolve(message as FileMessage);
    },
    fail: reject,
  });
  const cancel = (): void => begun.say({ kind: 'cancel' });
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await promise;
  } finally {
    signal?.removeEventListener('abort', cancel);
    await begun.over; // It holds no descriptor of the directory any more.
  }
}
