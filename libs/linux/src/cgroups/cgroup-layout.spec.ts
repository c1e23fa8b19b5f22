import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import type { CgroupCounters } from './cgroup-counters.ts';
import { detectCgroups } from './cgroup-layout.ts';
import { Cgroups } from './cgroups.ts';

const opened = closedAfterEach();

/** A directory with these files. */
async function tree(files: Record<string, string>): Promise<string> {
  const root = opened.use(await temporaryDirectory()).path;
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
}

function countersOf(cgroups: Cgroups, path: string): CgroupCounters | undefined {
  using group = cgroups.openCounters(path);
  return group.read();
}

const v1Files = {
  'cpu,cpuacct/tasks': '',
  'cpu,cpuacct/g/cpuacct.usage': '2500000000\n',
  'cpu,cpuacct/g/cpuacct.usage_percpu': '1500000000 1000000000 \n',
  'cpu,cpuacct/g/cpuacct.stat': 'user 200\nsystem 50\n',
  'cpu,cpuacct/g/cpu.stat': 'nr_periods 22\nnr_throttled 21\nthrottled_time 1600000000\n',
  'memory/tasks': '',
  'memory/g/cgroup.procs': '17\n18\n',
  'memory/g/memory.stat': 'cache 4096\ntotal_inactive_file 1000\n',
  'memory/g/memory.usage_in_bytes': '5000\n',
  'memory/g/memory.max_usage_in_bytes': '9000\n',
  'memory/g/memory.limit_in_bytes': '9223372036854771712\n',
  'memory/g/memory.failcnt': '3\n',
  'memory/g/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
  'pids/tasks': '',
  'pids/g/cgroup.procs': '17\n18\n',
  'pids/g/pids.current': '2\n',
  'pids/g/pids.max': 'max\n',
  'blkio/tasks': '',
  'blkio/g/blkio.throttle.io_service_bytes_recursive': '254:0 Read 4096\n254:0 Write 8192\n254:0 Total 12288\nTotal 12288\n',
};

test('a v1 host has a hierarchy for each controller, also for those that share one', async () => {
  const root = await tree(v1Files);
  await symlink('cpu,cpuacct', join(root, 'cpu'));

  const layout = detectCgroups(root);

  expect(layout).toMatchObject({ kind: 'v1', unified: undefined, unifiedControllers: [] });
  expect([...layout.controllers.keys()].sort()).toEqual(['blkio', 'cpu', 'cpuacct', 'memory', 'pids']);
  expect(layout.controllers.get('cpu')).toBe(join(root, 'cpu,cpuacct'));
});

test('v1 metrics have the numbers of the files', async () => {
  const cgroups = new Cgroups(detectCgroups(await tree(v1Files)));

  const metrics = await cgroups.readMetrics('/g');

  expect(metrics).toMatchObject({
    cpu: {
      usageNs: 2_500_000_000,
      perCpuNs: [1_500_000_000, 1_000_000_000],
      userNs: 2_000_000_000,
      systemNs: 500_000_000,
      periods: 22,
      throttledPeriods: 21,
      throttledNs: 1_600_000_000,
    },
    memory: { usageBytes: 5000, workingSetBytes: 4000, maxUsageBytes: 9000, limitBytes: undefined, failures: 3, oomKills: 1 },
    pids: { current: 2, limit: undefined },
  });
  expect(metrics?.memory.stats).toEqual({ cache: 4096, total_inactive_file: 1000 });
  expect(metrics?.blockIo.serviceBytes).toContainEqual({ major: 254, minor: 0, op: 'Write', value: 8192 });
  expect(countersOf(cgroups, '/g')).toEqual({
    cpuNs: 2_500_000_000, periods: 22, throttledPeriods: 21, memoryBytes: 4000, readBytes: 4096, writtenBytes: 8192, pids: 2,
  }); // prettier-ignore
  expect(countersOf(cgroups, '/none')).toBeUndefined();
  expect(await cgroups.processesOf('/g')).toEqual([17, 18]);
  expect(await cgroups.readMetrics('/none')).toBeUndefined();
  expect(await cgroups.processesOf('/none')).toEqual([]);
});

test('a hybrid host has a unified hierarchy beside, with pressure and perhaps controllers', async () => {
  const root = await tree({
    ...v1Files,
    'unified/cgroup.controllers': 'hugetlb\n',
    'unified/g/cpu.pressure': 'some avg10=1.50 avg60=0.00 avg300=0.00 total=77\nfull avg10=0.25 avg60=0.00 avg300=0.00 total=5\n',
  });

  const layout = detectCgroups(root);

  expect(layout).toMatchObject({ kind: 'hybrid', unified: join(root, 'unified'), unifiedControllers: ['hugetlb'] });
  expect((await new Cgroups(layout).readMetrics('/g'))?.pressure).toEqual({ cpu: { someAvg10: 1.5, fullAvg10: 0.25, someTotalUs: 77 } });
});

const v2Files = {
  'cgroup.controllers': 'cpuset cpu io memory pids\n',
  'cgroup.subtree_control': '',
  'g/cgroup.procs': '20\n',
  'g/cpu.stat': 'usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 13\nnr_throttled 11\nthrottled_usec 900000\n',
  'g/memory.stat': 'anon 100\ninactive_file 1000\n',
  'g/memory.current': '5000\n',
  'g/memory.peak': '6000\n',
  'g/memory.max': '33554432\n',
  'g/memory.events': 'low 0\nhigh 0\nmax 4\noom 2\noom_kill 1\n',
  'g/pids.current': '1\n',
  'g/pids.max': '50\n',
  'g/io.stat': '254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n',
};

test('v2 metrics have the numbers of the files', async () => {
  const layout = detectCgroups(await tree(v2Files));

  expect(layout.kind).toBe('v2');
  expect(await new Cgroups(layout).readMetrics('/g')).toEqual({
    cpu: {
      usageNs: 2_500_000_000,
      perCpuNs: undefined,
      userNs: 2_000_000_000,
      systemNs: 500_000_000,
      periods: 13,
      throttledPeriods: 11,
      throttledNs: 900_000_000,
    },
    memory: {
      usageBytes: 5000,
      workingSetBytes: 4000,
      maxUsageBytes: 6000,
      limitBytes: 33_554_432,
      failures: 4,
      oomKills: 1,
      stats: { anon: 100, inactive_file: 1000 },
    },
    pids: { current: 1, limit: 50 },
    blockIo: {
      serviceBytes: [
        { major: 254, minor: 0, op: 'read', value: 4096 },
        { major: 254, minor: 0, op: 'write', value: 8192 },
      ],
      serviced: [
        { major: 254, minor: 0, op: 'read', value: 1 },
        { major: 254, minor: 0, op: 'write', value: 2 },
      ],
    },
    pressure: {},
  });
});

test('the counters of v2 that are looked at often are those of its metrics', async () => {
  const cgroups = new Cgroups(detectCgroups(await tree(v2Files)));

  expect(countersOf(cgroups, '/g')).toEqual({
    cpuNs: 2_500_000_000, periods: 13, throttledPeriods: 11, memoryBytes: 4000, readBytes: 4096, writtenBytes: 8192, pids: 1,
  }); // prettier-ignore
});

test('below a group that was delegated to us nothing above it is touched', async () => {
  const root = await tree({ ...v2Files, 'system.slice/agent.service/cgroup.procs': '' });

  await new Cgroups(detectCgroups(root)).create('/system.slice/agent.service/gantry/1a2b3c', { below: '/system.slice/agent.service' });

  for (const parent of ['system.slice/agent.service', 'system.slice/agent.service/gantry']) {
    expect(await readFile(join(root, parent, 'cgroup.subtree_control'), 'utf8')).toContain('+pids');
  }
  expect(await readFile(join(root, 'cgroup.subtree_control'), 'utf8')).toBe('');
  await expect(readFile(join(root, 'system.slice/cgroup.subtree_control'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('on v2 each parent hands its controllers down, and the group itself stays a leaf that processes may enter', async () => {
  const root = await tree(v2Files);

  await new Cgroups(detectCgroups(root)).create('/gantry/1a2b3c');

  expect(await readFile(join(root, 'gantry/cgroup.subtree_control'), 'utf8')).toContain('+pids');
  await expect(readFile(join(root, 'gantry/1a2b3c/cgroup.subtree_control'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a host without control groups is named', async () => {
  const root = await tree({ readme: '' });

  expect(() => detectCgroups(root)).toThrow(`no control groups are mounted at ${root}`);
});
