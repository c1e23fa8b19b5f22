import { type FileHandle, open } from 'node:fs/promises';

const batchBytes = 1024 * 1024;
/** So much is on its way to the disk before more comes: whoever makes a large file durable does not wait for all of it at the end. */
const writeOutBytes = 16 * batchBytes;

export interface BatchedFileOptions {
  /** Told how many bytes are in the file, after each write. */
  readonly onWritten?: (sizeBytes: number) => void;
}

/**
 * A file that small pieces are written to, a megabyte at a time, while the next megabyte comes in: each write is a way to another thread and back. The pieces
 * are its own from `add` on; two megabytes of them are kept in memory at most.
 */
export class BatchedFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #onWritten: BatchedFileOptions['onWritten'];
  #sizeBytes = 0;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #writingOut: Promise<void> = Promise.resolve();
  #isWritingOut = false;
  #sinceWriteOut = 0;

  private constructor(handle: FileHandle, { onWritten }: BatchedFileOptions) {
    this.#handle = handle;
    this.#onWritten = onWritten;
  }

  static async open(path: string, flags: 'w' | 'wx', options: BatchedFileOptions = {}): Promise<BatchedFile> {
    return new BatchedFile(await open(path, flags, 0o600), options);
  }

  /** Fails with what an earlier write failed with. */
  async add(piece: Uint8Array): Promise<void> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= batchBytes) await this.#begin();
  }

  /** All of it is in the file afterwards; without, the last pieces are not. */
  async end(): Promise<void> {
    await this.#begin();
    await this.#writing;
    await this.#writingOut;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#writingOut.catch(() => undefined);
    await this.#handle.close();
  }

  async #begin(): Promise<void> {
    await this.#writing;
    const pieces = this.#pieces;
    this.#sinceWriteOut += this.#bytes;
    this.#sizeBytes += this.#bytes;
    const sizeBytes = this.#sizeBytes;
    this.#pieces = [];
    this.#bytes = 0;
    if (this.#sinceWriteOut >= writeOutBytes) this.#writeOut();
    this.#writing = writeAll(this.#handle, pieces).then(() => this.#onWritten?.(sizeBytes));
    this.#writing.catch(() => undefined); // The next call fails with it.
  }

  /** The kernel tells a fault of the disk once: what fails here must fail the file, since the sync that makes it durable may hear nothing. */
  #writeOut(): void {
    if (this.#isWritingOut) return;
    this.#isWritingOut = true;
    this.#sinceWriteOut = 0;
    this.#writingOut = this.#writingOut.then(() => this.#handle.datasync()).finally(() => (this.#isWritingOut = false));
    this.#writingOut.catch(() => undefined); // `end` fails with it.
  }
}

async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let left = pieces.filter(({ length }) => length > 0);
  while (left.length > 0) {
    let { bytesWritten } = await handle.writev(left);
    left = left.flatMap((piece) => {
      const rest = piece.subarray(bytesWritten);
      bytesWritten = Math.max(0, bytesWritten - piece.length);
      return rest.length > 0 ? [rest] : [];
    });
  }
}
