import { type CgroupMetrics, type HostMetrics, type NetDev, readHostMetrics, readNetDev } from '@gantry/linux';
import { runOf } from './container.ts';
import { cgroupOf, type ContainersHost } from './containers-host.ts';
import { goTime, zeroTime } from './go-time.ts';
import type { ManagedContainer } from './managed-container.ts';

/** One reading in the form of Docker's stats. */
export interface StatsReading {
  readonly atMs: number;
  readonly metrics: CgroupMetrics | undefined;
  readonly hostCpuNs: number;
  readonly onlineCpus: number;
  readonly memoryTotalBytes: number;
  readonly networks: readonly NetDev[];
}

/** Reads what the kernel counts for a container now; empty for one that does not run. */
export async function readStats(host: ContainersHost, container: ManagedContainer): Promise<StatsReading> {
  const run = runOf(container.state);
  const [machine, metrics, networks] = await Promise.all([
    readHostMetrics(),
    run && host.cgroups.readMetrics(cgroupOf(host, container.id)),
    run?.sandbox.namespacePath === undefined ? [] : readNetDev(run.init.pid).catch(() => []),
  ]);
  return { atMs: Date.now(), metrics, ...machineOf(machine), networks };
}

const machineOf = ({ cpu, memory }: HostMetrics) => ({
  hostCpuNs: cpu.totalNs,
  onlineCpus: cpu.onlineCpus,
  memoryTotalBytes: memory.totalBytes,
});

/** A reading, and the one before it from which clients compute shares, as `GET /containers/{id}/stats` answers. */
export function statsView(container: ManagedContainer, now: StatsReading, before: StatsReading | undefined): object {
  const { metrics } = now;
  return {
    name: `/${container.name}`,
    id: container.id,
    read: metrics ? goTime(now.atMs) : zeroTime,
    preread: goTime(before?.metrics ? before.atMs : undefined),
    pids_stats: metrics ? { current: metrics.pids.current, ...(metrics.pids.limit !== undefined && { limit: metrics.pids.limit }) } : {},
    blkio_stats: metrics ? blockIo(metrics) : {},
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpu(now),
    precpu_stats: before ? cpu(before) : cpu(undefined),
    memory_stats: metrics ? memory(metrics, now.memoryTotalBytes) : {},
    ...(now.networks.length > 0 && { networks: networks(now.networks) }),
  };
}

function cpu(reading: StatsReading | undefined): object {
  const used = reading?.metrics?.cpu;
  return {
    cpu_usage: {
      total_usage: used?.usageNs ?? 0,
      ...(used?.perCpuNs && { percpu_usage: used.perCpuNs }),
      usage_in_kernelmode: used?.systemNs ?? 0,
      usage_in_usermode: used?.userNs ?? 0,
    },
    ...(reading && used && { system_cpu_usage: reading.hostCpuNs, online_cpus: reading.onlineCpus }),
    throttling_data: {
      periods: used?.periods ?? 0,
      throttled_periods: used?.throttledPeriods ?? 0,
      throttled_time: used?.throttledNs ?? 0,
    },
  };
}

function memory({ memory: used }: CgroupMetrics, totalBytes: number): object {
  return {
    usage: used.usageBytes,
    ...(used.maxUsageBytes !== undefined && { max_usage: used.maxUsageBytes }),
    ...(used.failures > 0 && { failcnt: used.failures }),
    stats: used.stats,
    limit: used.limitBytes ?? totalBytes,
  };
}

function blockIo({ blockIo: io }: CgroupMetrics): object {
  const entries = (list: typeof io.serviceBytes): object[] =>
    list.map(({ major, minor, op, value }) => ({ major, minor, op: op.toLowerCase(), value }));
  return {
    io_service_bytes_recursive: entries(io.serviceBytes),
    io_serviced_recursive: entries(io.serviced),
    ...{ io_queue_recursive: null, io_service_time_recursive: null, io_wait_time_recursive: null },
    ...{ io_merged_recursive: null, io_time_recursive: null, sectors_recursive: null },
  };
}

function networks(devices: readonly NetDev[]): object {
  return Object.fromEntries(
    devices
      .filter(({ name }) => name !== 'lo')
      .map((device) => [
        device.name,
        {
          rx_bytes: device.receivedBytes,
          rx_packets: device.receivedPackets,
          rx_errors: device.receiveErrors,
          rx_dropped: device.receiveDropped,
          tx_bytes: device.sentBytes,
          tx_packets: device.sentPackets,
          tx_errors: device.sendErrors,
          tx_dropped: device.sendDropped,
        },
      ]),
  );
}
