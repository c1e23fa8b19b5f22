import { type CgroupMetrics, type HostMetrics, type NetDev, readHostMetrics, readNetDev } from '@gantry/linux';
import { runOf } from './container.ts';
import { cgroupOf, type ContainersHost } from './containers-host.ts';
import { goTime, zeroTime } from './go-time.ts';
import type { ManagedContainer } from './managed-container.ts';
import { mostProcesses } from './update-container.ts';

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
    pids_stats: metrics ? pids(metrics) : {},
    blkio_stats: blockIo(metrics),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpu(now),
    precpu_stats: before ? cpu(before) : cpu(undefined),
    memory_stats: metrics ? memory(metrics, now.memoryTotalBytes) : {},
    ...(now.networks.some(isOutward) && { networks: networks(now.networks) }),
  };
}

/** Where the kernel counts processors one by one: cgroup v1. */
const isV1 = ({ cpu }: CgroupMetrics): boolean => cpu.perCpuNs !== undefined;
const isOutward = ({ name }: NetDev): boolean => name !== 'lo';

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

function pids({ pids: { current, limit } }: CgroupMetrics): object {
  return { current, ...(limit !== undefined && limit < mostProcesses && { limit }) };
}

/** cgroup v2 has no highest usage in dockerd's answers, though younger kernels count it. */
function memory(metrics: CgroupMetrics, totalBytes: number): object {
  const used = metrics.memory;
  return {
    usage: used.usageBytes,
    ...(isV1(metrics) && used.maxUsageBytes !== undefined && { max_usage: used.maxUsageBytes }),
    ...(used.failures > 0 && { failcnt: used.failures }),
    stats: used.stats,
    limit: used.limitBytes ?? totalBytes,
  };
}

const otherBlockIo = [
  ...['io_queue_recursive', 'io_service_time_recursive', 'io_wait_time_recursive'],
  ...['io_merged_recursive', 'io_time_recursive', 'sectors_recursive'],
];

/** On cgroup v1 the bytes and operations, and empty lists; on v2 the bytes alone, and nulls. */
function blockIo(metrics: CgroupMetrics | undefined): object {
  const isCounted = metrics !== undefined && isV1(metrics);
  const others = Object.fromEntries(otherBlockIo.map((name) => [name, isCounted ? [] : null]));
  return {
    io_service_bytes_recursive: metrics?.blockIo.serviceBytes ?? null,
    io_serviced_recursive: isCounted ? metrics.blockIo.serviced : null,
    ...others,
  };
}

function networks(devices: readonly NetDev[]): object {
  return Object.fromEntries(
    devices.filter(isOutward).map((device) => [
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
