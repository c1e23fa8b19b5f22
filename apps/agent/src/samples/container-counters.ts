import { readFile } from 'node:fs/promises';
import { type Cgroups, type GroupCounters, TrafficCounters } from '@gantry/linux';
import type { ContainerCounters } from './rates.ts';

/** The control group of a process: that of its memory controller, or of the one hierarchy of v2. Undefined: the process is gone. */
export async function cgroupOf(pid: number, kind: Cgroups['layout']['kind']): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return undefined;
  }
  return parseCgroup(text, kind);
}

/** `0::/path` on v2; `9:memory:/path` or `4:cpu,cpuacct:/path` otherwise. */
export function parseCgroup(text: string, kind: Cgroups['layout']['kind']): string | undefined {
  const lines = text.split('\n').map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
  const wanted = kind === 'v2' ? '' : 'memory';
  return lines.find((found) => found?.[1]?.split(',').includes(wanted))?.[2];
}

/** The counters of one container; the kernel's files are kept open until it is disposed. */
export class OpenCounters implements Disposable {
  readonly #group: GroupCounters;
  readonly #traffic: TrafficCounters;

  constructor(cgroups: Cgroups, path: string, pid: number) {
    this.#group = cgroups.openCounters(path);
    this.#traffic = new TrafficCounters(pid);
  }

  /** What the kernel has counted for it by now. Undefined: it is gone. */
  read(): ContainerCounters | undefined {
    const counters = this.#group.read();
    return counters && { ...counters, ...this.#traffic.read(), atMs: performance.now() };
  }

  [Symbol.dispose](): void {
    this.#group[Symbol.dispose]();
    this.#traffic[Symbol.dispose]();
  }
}
