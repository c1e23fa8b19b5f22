import { KernelFile } from '../system/kernel-file.ts';
import type { CgroupLayout } from './cgroup-layout.ts';

/** The few counters of a group that are looked at again and again; totals since the group was made. */
export interface CgroupCounters {
  readonly cpuNs: number;
  readonly periods: number;
  readonly throttledPeriods: number;
  /** Usage without the page cache that the kernel may drop at once. */
  readonly memoryBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly pids: number;
}

/** The text of a file of the group; empty where there is none. */
type ReadNow = (controller: string, file: string) => string;

/** The counters of one group, its files kept open until it is disposed. It does not keep the group from being removed. */
export class GroupCounters implements Disposable {
  readonly #layout: CgroupLayout;
  readonly #path: string;
  readonly #files = new Map<string, KernelFile | undefined>();

  constructor(layout: CgroupLayout, path: string) {
    this.#layout = layout;
    this.#path = path;
  }

  /** What has been counted by now; undefined: there is no such group. */
  read(): CgroupCounters | undefined {
    const found = { any: false };
    const read: ReadNow = (controller, file) => {
      const text = this.#readFile(controller, file);
      if (text !== undefined) found.any = true;
      return text ?? '';
    };
    const counters = this.#layout.kind === 'v2' ? countersOfV2(read) : countersOfV1(read);
    return found.any ? counters : undefined;
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) file?.[Symbol.dispose]();
    this.#files.clear();
  }

  #readFile(controller: string, name: string): string | undefined {
    if (!this.#files.has(name)) {
      const root = this.#layout.controllers.get(controller);
      this.#files.set(name, root === undefined ? undefined : new KernelFile(`${root}${this.#path}/${name}`));
    }
    return this.#files.get(name)?.read();
  }
}

function countersOfV1(read: ReadNow): CgroupCounters {
  const throttling = read('cpu', 'cpu.stat');
  const io = read('blkio', 'blkio.throttle.io_service_bytes_recursive');
  return {
    cpuNs: numberIn(read('cpuacct', 'cpuacct.usage')),
    periods: valueIn(throttling, 'nr_periods'),
    throttledPeriods: valueIn(throttling, 'nr_throttled'),
    memoryBytes: workingSetBytes(read('memory', 'memory.usage_in_bytes'), valueIn(read('memory', 'memory.stat'), 'total_inactive_file')),
    readBytes: sumAfter(io, ' Read '),
    writtenBytes: sumAfter(io, ' Write '),
    pids: numberIn(read('pids', 'pids.current')),
  };
}

function countersOfV2(read: ReadNow): CgroupCounters {
  const cpu = read('cpu', 'cpu.stat');
  const io = read('io', 'io.stat');
  return {
    cpuNs: valueIn(cpu, 'usage_usec') * 1000,
    periods: valueIn(cpu, 'nr_periods'),
    throttledPeriods: valueIn(cpu, 'nr_throttled'),
    memoryBytes: workingSetBytes(read('memory', 'memory.current'), valueIn(read('memory', 'memory.stat'), 'inactive_file')),
    readBytes: sumAfter(io, ' rbytes='),
    writtenBytes: sumAfter(io, ' wbytes='),
    pids: numberIn(read('pids', 'pids.current')),
  };
}

function workingSetBytes(usage: string, inactiveFileBytes: number): number {
  return Math.max(0, numberIn(usage) - inactiveFileBytes);
}

/** The value of a line `name value`, 0 where there is none. By position: memory.stat has fifty lines, and one of them is wanted. */
function valueIn(text: string, name: string): number {
  if (text.startsWith(`${name} `)) return numberIn(text.slice(name.length + 1));
  const at = text.indexOf(`\n${name} `);
  return at === -1 ? 0 : numberIn(text.slice(at + name.length + 2, at + name.length + 24));
}

/** The sum of the numbers that follow a mark: one for each device. */
function sumAfter(text: string, mark: string): number {
  let sum = 0;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
    sum += numberIn(text.slice(at + mark.length, at + mark.length + 24));
  }
  return sum;
}

function numberIn(text: string): number {
  return Number.parseInt(text, 10) || 0;
}
