import { readFile } from 'node:fs/promises';
import { type Cgroups, type GroupCounters, readTraffic } from '@gantry/linux';
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

/** What the kernel has counted for a container by now. Undefined: it is gone. */
export function readCounters(group: GroupCounters, pid: number): ContainerCounters | undefined {
  const counters = group.read();
  return counters && { ...counters, ...trafficOf(pid), atMs: performance.now() };
}

function trafficOf(pid: number): Pick<ContainerCounters, 'receivedBytes' | 'sentBytes'> {
  try {
    return readTraffic(pid);
  } catch {
    return { receivedBytes: 0, sentBytes: 0 }; // the process has ended
  }
}
