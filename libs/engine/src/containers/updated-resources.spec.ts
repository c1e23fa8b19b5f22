import type { HostConfig, Requested, Resources } from './container-config.ts';
import { completeHostConfig } from './host-config.ts';
import { updatedResources as updated } from './updated-resources.ts';

const support = { swap: true, blkioWeight: false, oomKillDisable: true };
const megabyte = 1024 * 1024;
const config = (requested: object) =>
  completeHostConfig(requested, { logDriver: 'json-file', logOptions: {}, cgroupNamespace: 'host', runtime: 'crun' });
const updatedResources = (current: HostConfig, requested: Requested<Resources>): HostConfig => updated(current, requested, support).config;
const limited = config({ Memory: 64 * megabyte });

test('an update changes what it names, and 0, empty and null leave a value as it is', () => {
  expect(updatedResources(limited, { CpuShares: 512, Memory: 0, CpusetCpus: '' })).toEqual({
    ...limited,
    CpuShares: 512,
    MemorySwap: 128 * megabyte,
  });
});

test('what no update changes counts for nothing', () => {
  const devices = [{ PathOnHost: '/dev/null' }];
  expect(updatedResources(config({}), { Ulimits: [{ Name: 'nofile', Soft: 1 }], Devices: devices, OomKillDisable: true })).toEqual(
    config({}),
  );
});

test('memory may grow with its swap only, which was twice the memory', () => {
  expect(() => updatedResources(limited, { Memory: 256 * megabyte })).toThrow('update the memoryswap at the same time');
  expect(updatedResources(limited, { Memory: 128 * megabyte })).toMatchObject({ Memory: 128 * megabyte, MemorySwap: 128 * megabyte });
  expect(updatedResources(limited, { Memory: 256 * megabyte, MemorySwap: -1 })).toMatchObject({ MemorySwap: -1 });
  expect(() => updatedResources(limited, { MemorySwap: 32 * megabyte })).toThrow('Minimum memoryswap limit should be larger');
});

test.each([
  [{ NanoCpus: 1e9 }, { CpuQuota: 1000 }, 'CPU Quota cannot be updated as NanoCPUs has already been set'],
  [{ NanoCpus: 1e9 }, { CpuPeriod: 1000 }, 'CPU Period cannot be updated as NanoCPUs has already been set'],
  [{ CpuQuota: 1000 }, { NanoCpus: 1e9 }, 'Nano CPUs cannot be updated as CPU Quota has already been set'],
  [{ CpuPeriod: 1000 }, { NanoCpus: 1e9 }, 'Nano CPUs cannot be updated as CPU Period has already been set'],
])('%j cannot be followed by %j', (before, change, message) => {
  expect(() => updatedResources(config(before), change)).toThrow(`Conflicting options: ${message}`);
});

test('a limit of processes is taken away by 0 and by -1', () => {
  const some = config({ PidsLimit: 50 });
  expect([0, -1, 20].map((PidsLimit) => updatedResources(some, { PidsLimit }).PidsLimit)).toEqual([0, 0, 20]);
});

test('what this machine cannot limit is left out, and said', () => {
  expect(updated(limited, { BlkioWeight: 300 }, support)).toEqual({
    config: limited,
    warnings: ['Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.'],
  });
  expect(updated(limited, { BlkioWeight: 300 }, { ...support, blkioWeight: true }).config.BlkioWeight).toBe(300);
});
