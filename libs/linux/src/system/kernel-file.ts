import { closeSync, openSync, readSync } from 'node:fs';
import { errnoOf } from './system-failure.ts';

/** More than any of the files has that are read so. */
const largestBytes = 65_536;
let shared: Buffer | undefined;

/**
 * A small file of the kernel's (cgroup, /proc) that is looked at again and again, kept open until it is disposed: to open one costs four times what
 * reading it costs. Read at once and not by promises: the files are the kernel's memory, and a trip through the thread pool costs ten times as much
 * again.
 */
export class KernelFile implements Disposable {
  readonly #path: string;
  #fd: number | undefined;
  #isMissing = false;

  /** It is opened by the first read. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The file's text by now; undefined: it was not there at the first read, or what it told about is gone. */
  read(): string | undefined {
    if (this.#isMissing) return undefined;
    try {
      this.#fd ??= openSync(this.#path, 'r');
      shared ??= Buffer.allocUnsafeSlow(largestBytes);
      return shared.toString('latin1', 0, readSync(this.#fd, shared, 0, largestBytes, 0));
    } catch (thrown) {
      const errno = errnoOf(thrown);
      if (errno === 'ENOENT') this.#isMissing = true;
      // ENODEV: the group was removed; ESRCH, EINVAL: the process or its namespace ended.
      else if (errno !== 'ENODEV' && errno !== 'ESRCH' && errno !== 'EINVAL') throw thrown;
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#isMissing = true;
  }
}
