import type { ContainerSample } from '@gantry/link';
import type { CgroupCounters } from '@gantry/linux';

/** What has been counted of a container up to an instant (ms, of a clock that never jumps). */
export interface ContainerCounters extends CgroupCounters {
  readonly atMs: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** The numbers between two looks. Counters that went back (a container that was started again) count as nothing. */
export function ratesBetween(id: string, before: ContainerCounters, now: ContainerCounters): ContainerSample {
  const ms = Math.max(1, now.atMs - before.atMs);
  const rate = (name: 'receivedBytes' | 'sentBytes' | 'readBytes' | 'writtenBytes'): number =>
    Math.round((Math.max(0, now[name] - before[name]) * 1000) / ms);
  const periods = Math.max(0, now.periods - before.periods);
  const throttled = Math.max(0, now.throttledPeriods - before.throttledPeriods);
  return {
    id,
    // 1000 is one whole core.
    cpuPermille: Math.round(Math.max(0, now.cpuNs - before.cpuNs) / (ms * 1000)),
    memoryBytes: now.memoryBytes,
    receiveBps: rate('receivedBytes'),
    sendBps: rate('sentBytes'),
    readBps: rate('readBytes'),
    writeBps: rate('writtenBytes'),
    throttledPermille: periods === 0 ? 0 : Math.min(1000, Math.round((throttled * 1000) / periods)),
    pids: now.pids,
  };
}
