import { KernelFile } from '../system/kernel-file.ts';

/**
 * What all links but the loopback of a process's network namespace have carried, for whoever asks each second: no more of it is read than that. The
 * file is kept open until it is disposed, and keeps the namespace, though not the links to it, as long: dispose it when the process has ended.
 */
export class TrafficCounters implements Disposable {
  readonly #file: KernelFile;

  constructor(pid: number) {
    this.#file = new KernelFile(`/proc/${pid}/net/dev`);
  }

  /** Totals since the links were made; zero where the process is gone. Source: the columns of Documentation/filesystems/proc.rst, net/dev. */
  read(): { receivedBytes: number; sentBytes: number } {
    let [receivedBytes, sentBytes] = [0, 0];
    for (const line of (this.#file.read() ?? '').split('\n')) {
      const colon = line.indexOf(':');
      if (colon < 0 || line.slice(0, colon).trim() === 'lo') continue;
      const columns = line.slice(colon + 1).split(' ').filter((column) => column !== ''); // prettier-ignore
      receivedBytes += Number(columns[0]);
      sentBytes += Number(columns[8]);
    }
    return { receivedBytes, sentBytes };
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
