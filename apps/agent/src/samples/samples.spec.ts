import { eventually } from '@gantry/base/testing';
import { Cgroups } from '@gantry/linux';
import type { Samples } from '@gantry/link';
import { cgroupOf, parseCgroup } from './container-counters.ts';
import { HostSampler } from './host-sampler.ts';
import { type ContainerCounters, ratesBetween } from './rates.ts';
import { Sampler } from './sampler.ts';

const zero: ContainerCounters = {
  atMs: 0, cpuNs: 0, periods: 0, throttledPeriods: 0, memoryBytes: 0, receivedBytes: 0, sentBytes: 0, readBytes: 0, writtenBytes: 0, pids: 0,
}; // prettier-ignore

test('rates are per second, one whole core is 1000', () => {
  const now = {
    ...zero,
    atMs: 2000,
    cpuNs: 1_000_000_000,
    periods: 20,
    throttledPeriods: 5,
    memoryBytes: 7,
    receivedBytes: 500,
    writtenBytes: 4000,
    pids: 3,
  };

  expect(ratesBetween('c', zero, now)).toEqual({
    id: 'c', cpuPermille: 500, memoryBytes: 7, receiveBps: 250, sendBps: 0, readBps: 0, writeBps: 2000, throttledPermille: 250, pids: 3,
  }); // prettier-ignore
});

test('counters of a container that was started again count as nothing', () => {
  const before = { ...zero, cpuNs: 5e9, receivedBytes: 1000 };

  expect(ratesBetween('c', before, { ...zero, atMs: 1000 })).toMatchObject({ cpuPermille: 0, receiveBps: 0 });
});

test('the control group is that of the memory controller, or the only one of v2', () => {
  const v1 = '9:name=systemd:/x\n4:cpu,cpuacct:/y\n3:memory:/docker/abc\n0::/u\n';

  expect(parseCgroup(v1, 'v1')).toBe('/docker/abc');
  expect(parseCgroup(v1, 'hybrid')).toBe('/docker/abc');
  expect(parseCgroup('0::/system.slice/docker-abc.scope\n', 'v2')).toBe('/system.slice/docker-abc.scope');
});

test('a process that is gone has no control group', async () => {
  expect(await cgroupOf(2 ** 22 + 1, 'v1')).toBeUndefined();
});

test('the numbers of this host need two looks', async () => {
  const sampler = new HostSampler('/');

  expect(await sampler.sample()).toBeUndefined();
  const sample = await sampler.sample();

  expect(sample?.memoryTotalBytes).toBeGreaterThan(sample?.memoryBytes ?? Infinity);
  expect(sample?.diskTotalBytes).toBeGreaterThan(0);
  expect(sample?.cpuPermille).toBeLessThanOrEqual(1000);
});

test('what is watched is told at each tick, the rest at every tenth', async () => {
  const live: Samples[] = [];
  const history: Samples[] = [];
  const sampler = new Sampler({
    cgroups: new Cgroups(),
    running: () => [],
    host: () => Promise.resolve({ ...({} as NonNullable<Samples['host']>), load1: 1 }),
    onLive: (samples) => live.push(samples),
    onHistory: (samples) => history.push(samples),
    tickMs: 2,
  });
  const stopping = new AbortController();
  const ended = sampler.run(stopping.signal);

  await eventually(() => expect(history.length).toBe(2));
  expect(live).toHaveLength(2);
  sampler.watch(['c']);
  await eventually(() => expect(history.length).toBe(3));
  stopping.abort();
  await ended;

  expect(live.length).toBeGreaterThan(5);
});
