import type { CgroupMetrics } from '@gantry/linux';
import type { ManagedContainer } from './managed-container.ts';
import { type StatsReading, statsView } from './stats-container.ts';

const container = { id: 'c1', name: 'web' } as unknown as ManagedContainer;
const metrics: CgroupMetrics = {
  cpu: { usageNs: 30, perCpuNs: undefined, userNs: 20, systemNs: 10, periods: 3, throttledPeriods: 1, throttledNs: 5 },
  memory: { usageBytes: 100, workingSetBytes: 50, maxUsageBytes: 200, limitBytes: undefined, failures: 0, oomKills: 0, stats: { anon: 1 } },
  pids: { current: 2, limit: undefined },
  blockIo: {
    serviceBytes: [{ major: 8, minor: 0, op: 'read', value: 1 }],
    serviced: [{ major: 8, minor: 0, op: 'read', value: 1 }],
  },
  pressure: {},
};
const device = { receivedPackets: 1, receiveErrors: 0, receiveDropped: 0, sentPackets: 1, sendErrors: 0, sendDropped: 0 };
const reading = (more: Partial<StatsReading>): StatsReading => ({
  ...{ atMs: 1000, metrics, hostCpuNs: 500, onlineCpus: 2, memoryTotalBytes: 4096, networks: [] },
  ...more,
});
const view = (now: StatsReading, before?: StatsReading) => statsView(container, now, before) as Record<string, Record<string, unknown>>;

test('on cgroup v2 the bytes of block devices are told and no highest usage', () => {
  const { blkio_stats, memory_stats, cpu_stats, pids_stats } = view(reading({}));

  expect(blkio_stats).toMatchObject({
    io_service_bytes_recursive: [{ op: 'read' }],
    io_serviced_recursive: null,
    io_queue_recursive: null,
  });
  expect(memory_stats).toEqual({ usage: 100, stats: { anon: 1 }, limit: 4096 });
  expect(cpu_stats?.['cpu_usage']).toEqual({ total_usage: 30, usage_in_kernelmode: 10, usage_in_usermode: 20 });
  expect(pids_stats).toEqual({ current: 2 });
});

test('on cgroup v1 operations, processors and the highest usage are told too, and what the kernel has no numbers for is empty', () => {
  const old = { ...metrics, cpu: { ...metrics.cpu, perCpuNs: [10, 20] }, pids: { current: 2, limit: 30 } };
  const { blkio_stats, memory_stats, cpu_stats, pids_stats } = view(reading({ metrics: old }));

  expect(blkio_stats).toMatchObject({ io_serviced_recursive: [{ op: 'read' }], io_queue_recursive: [] });
  expect(memory_stats?.['max_usage']).toBe(200);
  expect(cpu_stats?.['cpu_usage']).toMatchObject({ percpu_usage: [10, 20] });
  expect(pids_stats).toEqual({ current: 2, limit: 30 });
});

test('the reading before comes along, and without one its numbers are 0', () => {
  const lo = { name: 'lo', receivedBytes: 9, sentBytes: 9, ...device };
  const alone = view(reading({ networks: [lo] }));
  expect(alone['preread']).toBe('0001-01-01T00:00:00Z');
  expect(alone['precpu_stats']).toEqual({
    cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  });
  expect(alone).not.toHaveProperty('networks');

  const after = view(reading({ networks: [lo, { ...lo, name: 'eth0' }] }), reading({ hostCpuNs: 400 }));
  expect(after['precpu_stats']).toMatchObject({ system_cpu_usage: 400, online_cpus: 2 });
  expect(Object.keys(after['networks'] ?? {})).toEqual(['eth0']);
});

test('a container that does not run has the shape without numbers', () => {
  const stopped = view(reading({ metrics: undefined }));

  expect(stopped['read']).toBe('0001-01-01T00:00:00Z');
  expect([stopped['pids_stats'], stopped['memory_stats']]).toEqual([{}, {}]);
  expect(Object.values(stopped['blkio_stats'] ?? {})).toEqual(Array(8).fill(null));
});
