import { closeSync, openSync, readSync } from 'node:fs';
import { errnoOf } from '../system/system-failure.ts';
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

/** More than any of the files has. */
const largestBytes = 65_536;
let shared: Buffer | undefined;

/**
 * The counters of one group, its files kept open until it is disposed: to open one costs four times what reading it costs. Read at once and not by
 * promises: the files are the kernel's memory, and a trip through the thread pool costs ten times as much again. It does not keep the group from
 * being removed.
 */
export class GroupCounters implements Disposable {
  readonly #layout: CgroupLayout;
  readonly #path: string;
  readonly #files = new Map<string, number | undefined>();

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
    for (const fd of this.#files.values()) if (fd !== undefined) closeSync(fd);
    this.#files.clear();
  }

  #readFile(controller: string, file: string): string | undefined {
    try {
      if (!this.#files.has(file)) this.#files.set(file, this.#open(controller, file));
      const fd = this.#files.get(file);
      if (fd === undefined) return undefined;
      shared ??= Buffer.allocUnsafeSlow(largestBytes);
      return shared.toString('latin1', 0, readSync(fd, shared, 0, largestBytes, 0));
    } catch (thrown) {
      // ENODEV: the group was removed.
      if (errnoOf(thrown) === 'ENODEV') return undefined;
      throw thrown;
    }
  }

  #open(controller: string, file: string): number | undefined {
    const root = this.#layout.controllers.get(controller);
    try {
      return root === undefined ? undefined : openSync(`${root}${this.#path}/${file}`, 'r');
    } catch (thrown) {
      if (errnoOf(thrown) === 'ENOENT') return undefined;
      throw thrown;
    }
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
