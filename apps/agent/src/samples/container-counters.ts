import { readFile } from 'node:fs/promises';
import { type Cgroups, readNetDev } from '@gantry/linux';
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
export async function readCounters(cgroups: Cgroups, at: { path: string; pid: number }): Promise<ContainerCounters | undefined> {
  const [metrics, links] = await Promise.all([cgroups.readMetrics(at.path), readNetDev(at.pid).catch(() => [])]);
  if (!metrics) return undefined;
  const outward = links.filter(({ name }) => name !== 'lo');
  const io = (op: 'read' | 'write'): number =>
    metrics.blockIo.serviceBytes.reduce((sum, entry) => (entry.op.toLowerCase() === op ? sum + entry.value : sum), 0);
  return {
    atMs: performance.now(),
    cpuNs: metrics.cpu.usageNs,
    periods: metrics.cpu.periods,
    throttledPeriods: metrics.cpu.throttledPeriods,
    memoryBytes: metrics.memory.workingSetBytes,
    receivedBytes: outward.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    sentBytes: outward.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
    readBytes: io('read'),
    writtenBytes: io('write'),
    pids: metrics.pids.current,
  };
}
