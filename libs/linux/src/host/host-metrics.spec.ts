import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseCpu, parseDisks, parseMemory, parseNetDev, readFileSystem, readHostMetrics, readNetDev } from './host-metrics.ts';
import { TrafficCounters } from './traffic-counters.ts';

test('the CPU time of the host is the sum that dockerd tells', () => {
  const stat = 'cpu  100 1 50 1000 10 2 3 7 0 0\ncpu0 50 1 25 500 5 1 2 4 0 0\ncpu1 50 0 25 500 5 1 1 3 0 0\nintr 1\n';

  expect(parseCpu(stat)).toMatchObject({ user: 100, steal: 7, onlineCpus: 2, totalNs: 1166 * 10_000_000 });
});

test('memory is in bytes', () => {
  expect(parseMemory('MemTotal:       2048 kB\nMemFree:  10 kB\nMemAvailable:   1024 kB\nHugePages_Total:       0\n')).toEqual({
    totalBytes: 2_097_152,
    availableBytes: 1_048_576,
    freeBytes: 10_240,
    swapTotalBytes: 0,
    swapFreeBytes: 0,
  });
});

test('whole disks are told, partitions and loops are not', () => {
  const text = [
    '   8       0 sda 10 0 100 0 5 0 40 0 0 30 0',
    '   8       1 sda1 1 0 1 0 1 0 1 0 0 1 0',
    '   7       0 loop0 1 0 1 0 1 0 1 0 0 1 0',
  ];

  expect(parseDisks(text.join('\n'))).toEqual([{ name: 'sda', readBytes: 51_200, writtenBytes: 20_480, busyMs: 30 }]);
});

test('links have their counters also where the name touches the numbers', () => {
  const text = 'Inter-|   Receive\n face |bytes\n  eth0:12 3 1 2 0 0 0 0 45 6 4 5 0 0 0 0\n';

  expect(parseNetDev(text)).toEqual([
    {
      name: 'eth0',
      receivedBytes: 12,
      receivedPackets: 3,
      receiveErrors: 1,
      receiveDropped: 2,
      sentBytes: 45,
      sentPackets: 6,
      sendErrors: 4,
      sendDropped: 5,
    },
  ]);
});

test('this host has CPUs, memory, a loopback link and a file system', async () => {
  const metrics = await readHostMetrics();

  expect(metrics.cpu.onlineCpus).toBeGreaterThan(0);
  expect(metrics.memory.totalBytes).toBeGreaterThan(metrics.memory.freeBytes);
  expect(metrics.links.map((link) => link.name)).toContain('lo');
  expect((await readFileSystem('/')).totalBytes).toBeGreaterThan(0);
});

test('the traffic of a process is that of all its links but the loopback', async () => {
  const sum = async (): Promise<number> =>
    (await readNetDev(process.pid)).reduce((total, link) => total + (link.name === 'lo' ? 0 : link.receivedBytes + link.sentBytes), 0);
  const before = await sum();

  using traffic = new TrafficCounters(process.pid);
  const { receivedBytes, sentBytes } = traffic.read();

  expect(receivedBytes + sentBytes).toBeGreaterThanOrEqual(before);
  expect(receivedBytes + sentBytes).toBeLessThanOrEqual(await sum());
});

test('a process that has ended has carried nothing, whether or not it was looked at before', async () => {
  const child = spawn('sleep', ['1000']);
  using traffic = new TrafficCounters(child.pid ?? 0);
  traffic.read();
  child.kill('SIGKILL');
  await once(child, 'exit');

  using late = new TrafficCounters(child.pid ?? 0);

  expect(late.read()).toEqual({ receivedBytes: 0, sentBytes: 0 });
  expect(() => traffic.read()).not.toThrow();
});
