import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { type Digest, type Repository, verified } from '@gantry/oci';
import type { BlobStore } from '../layers/blob-store.ts';
import { BatchedFile } from '../layers/batched-file.ts';
import { checkDisk } from '../layers/disk-reserve.ts';
import type { Ingest } from '../layers/ingest.ts';
import { durableStep } from '../state/durable-step.ts';

export interface Download {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly from: Repository;
}

export interface DownloadContext {
  /** Told how many bytes are there; `verifying` when the last one is. */
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

interface Running {
  readonly done: Promise<void>;
  readonly listeners: Set<DownloadContext>;
  readonly stop: AbortController;
}

const mostAtOnce = 3;
const checkDiskEveryBytes = 64 * 1024 ** 2;

/** Blobs on their way here: a blob that two pulls want is fetched once; it stops when nobody wants it any more. Three at a time, as dockerd. */
export class BlobDownloads {
  readonly #blobs: BlobStore;
  readonly #ingest: Ingest;
  readonly #running = new Map<Digest, Running>();
  readonly #waiting: (() => void)[] = [];
  #places = mostAtOnce;

  constructor(parts: { blobs: BlobStore; ingest: Ingest }) {
    this.#blobs = parts.blobs;
    this.#ingest = parts.ingest;
  }

  /** Resolves when the blob is in the store, its digest checked. Fails with what the download fails with; cancelled, others go on. */
  async fetch(download: Download, context: DownloadContext): Promise<void> {
    if (await this.#blobs.has(download.digest)) return;
    if (context.signal.aborted) throw new Failure('cancelled', 'context canceled');
    const running = this.#running.get(download.digest) ?? this.#start(download);
    running.listeners.add(context);
    const gone = Promise.withResolvers<never>();
    const leave = (): void => gone.reject(new Failure('cancelled', 'context canceled', { cause: context.signal.reason }));
    context.signal.addEventListener('abort', leave, { once: true });
    try {
      await Promise.race([running.done, gone.promise]);
    } finally {
      context.signal.removeEventListener('abort', leave);
      running.listeners.delete(context);
      if (running.listeners.size === 0) {
        running.stop.abort();
        if (this.#running.get(download.digest) === running) this.#running.delete(download.digest);
        await running.done.catch(() => undefined);
      }
    }
  }

  #start(download: Download): Running {
    const stop = new AbortController();
    const listeners = new Set<DownloadContext>();
    const onProgress = (bytes: number): void => {
      for (const listener of listeners) listener.onProgress(bytes);
    };
    const done = this.#inTurn(stop.signal, () => this.#download(download, { onProgress, signal: stop.signal })).finally(() => {
      if (this.#running.get(download.digest)?.stop === stop) this.#running.delete(download.digest);
    });
    done.catch(() => undefined); // Whoever waits hears of it; it may be that nobody does any more.
    const running = { done, listeners, stop };
    this.#running.set(download.digest, running);
    return running;
  }

  async #inTurn(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    if (this.#places > 0) this.#places--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      if (!signal.aborted) await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#places++;
      else next();
    }
  }

  async #download(download: Download, context: DownloadContext): Promise<void> {
    await using place = await this.#ingest.directory();
    const path = join(place.path, 'blob');
    const seen = { resumes: 0 };
    for (let attempt = 1; ; attempt++) {
      try {
        await durableStep('pull.download', () => this.#write(path, download, { ...context, onResume: () => seen.resumes++ }));
        break;
      } catch (thrown) {
        // What was put together from several answers gets one more try from the start; a whole wrong answer would come again.
        const failure = Failure.from(thrown);
        if (failure.code !== 'invalid' || seen.resumes === 0 || attempt > 1) throw failure;
      }
    }
    await this.#blobs.adopt(path, download.digest);
  }

  async #write(path: string, { digest, sizeBytes, from }: Download, context: DownloadContext & { onResume: () => unknown }): Promise<void> {
    const { signal, onProgress, onResume } = context;
    await using file = await BatchedFile.open(path, 'w');
    let written = 0;
    let checkDiskAt = 0;
    for await (const chunk of verified(from.blob({ digest, sizeBytes, signal, onResume }), { digest, sizeBytes })) {
      if (written >= checkDiskAt) {
        checkDisk(path);
        checkDiskAt = written + checkDiskEveryBytes;
      }
      await file.add(chunk);
      written += chunk.length;
      onProgress(written);
    }
    await file.end();
  }
}
