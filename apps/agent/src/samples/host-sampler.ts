import type { HostSample } from '@gantry/link';
import { type HostMetrics, readFileSystem, readHostMetrics } from '@gantry/linux';

/** Numbers of the host between two looks at /proc. */
export class HostSampler {
  readonly #dataRoot: string;
  #before: { metrics: HostMetrics; atMs: number } | undefined;

  /** The disk is the one that the data root lies on. */
  constructor(dataRoot: string) {
    this.#dataRoot = dataRoot;
  }

  /** Undefined the first time: rates need two looks. */
  async sample(): Promise<HostSample | undefined> {
    const [metrics, disk] = await Promise.all([readHostMetrics(), readFileSystem(this.#dataRoot)]);
    const atMs = performance.now();
    const before = this.#before;
    this.#before = { metrics, atMs };
    return before && hostSample(before, { metrics, atMs, disk });
  }
}

interface Look {
  readonly metrics: HostMetrics;
  readonly atMs: number;
}

export function hostSample(before: Look, now: Look & { disk: { totalBytes: number; availableBytes: number } }): HostSample {
  const ms = Math.max(1, now.atMs - before.atMs);
  const rate = (count: (metrics: HostMetrics) => number): number =>
    Math.round((Math.max(0, count(now.metrics) - count(before.metrics)) * 1000) / ms);
  const busy = ({ cpu }: HostMetrics): number => cpu.totalNs - (cpu.idle + cpu.ioWait) * 10_000_000;
  const total = now.metrics.cpu.totalNs - before.metrics.cpu.totalNs;
  const { memory, load } = now.metrics;
  return {
    cpuPermille: total <= 0 ? 0 : Math.max(0, Math.min(1000, Math.round(((busy(now.metrics) - busy(before.metrics)) * 1000) / total))),
    memoryBytes: memory.totalBytes - memory.availableBytes,
    memoryTotalBytes: memory.totalBytes,
    diskUsedBytes: now.disk.totalBytes - now.disk.availableBytes,
    diskTotalBytes: now.disk.totalBytes,
    readBps: rate(({ disks }) => sum(disks.map(({ readBytes }) => readBytes))),
    writeBps: rate(({ disks }) => sum(disks.map(({ writtenBytes }) => writtenBytes))),
    receiveBps: rate(({ links }) => sum(outward(links).map(({ receivedBytes }) => receivedBytes))),
    sendBps: rate(({ links }) => sum(outward(links).map(({ sentBytes }) => sentBytes))),
    load1: load[0],
  };
}

/** Traffic of containers passes a link of the host as well: their own ends are left out. */
function outward(links: HostMetrics['links']): HostMetrics['links'] {
  return links.filter(({ name }) => !/^(lo$|docker|br-|veth|gantry|g[0-9a-f]{6}|cni|flannel|virbr|podman)/.test(name));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
