import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineClient } from '@gantry/engine-api';
import { detectCgroups } from '../../libs/linux/src/cgroups/cgroup-layout.ts';
import { Cgroups } from '../../libs/linux/src/cgroups/cgroups.ts';
import { Subject } from './guest.ts';

/** Fails when the kernel does not do what the engine was asked for; answers what was seen. */
export type Claim = (client: EngineClient) => Promise<string>;

const mebibyte = 2 ** 20;

/** The claims in the order in which they are tried. */
export const claims: Readonly<Record<string, Claim>> = {
  'the hierarchy is cgroup v2 alone, and the engine says so': async (client) => {
    const info = await (await client.call('SystemInfo')).json<{ CgroupVersion: string; KernelVersion: string }>();
    equal(info.CgroupVersion, '2', 'CgroupVersion');
    equal(/^\S+ \/sys\/fs\/cgroup (\S+)/m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1], 'cgroup2', 'the mounted hierarchy');
    return `kernel ${info.KernelVersion}, ${readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim()}`;
  },

  'limits stand in the files of the kernel, and change while the container runs': async (client) => {
    await using subject = await Subject.run(client, 'sleep 100', {
      ...{ Memory: 32 * mebibyte, MemorySwap: 48 * mebibyte, MemoryReservation: 16 * mebibyte },
      ...{ NanoCpus: 300_000_000, CpuShares: 512, CpusetCpus: '1', PidsLimit: 20 },
    });
    equal(subject.read('memory.max'), String(32 * mebibyte), 'memory.max');
    equal(subject.read('memory.low'), String(16 * mebibyte), 'memory.low');
    equal(subject.read('cpu.max'), '30000 100000', 'cpu.max');
    equal(subject.read('cpuset.cpus'), '1', 'cpuset.cpus');
    equal(subject.read('pids.max'), '20', 'pids.max');
    equal(await subject.exec('cat /proc/1/cgroup'), '0::/', 'its own view');
    const allowed = await subject.exec('grep Cpus_allowed_list /proc/self/status');
    equal(allowed.split(/\s+/)[1], '1', 'Cpus_allowed_list');
    const swap = existsSync(`${subject.group}/memory.swap.max`) ? subject.read('memory.swap.max') : 'no swap here';
    const seen = `cpu.weight ${subject.read('cpu.weight')}, memory.swap.max ${swap}, ${allowed.replace(/\s+/, ' ')}`;
    const body = { Memory: 48 * mebibyte, MemorySwap: 64 * mebibyte, NanoCpus: 250_000_000, PidsLimit: 33, CpusetCpus: '0' };
    await client.call('ContainerUpdate', { path: { id: subject.id }, body });
    const changed = ['memory.max', 'cpu.max', 'pids.max', 'cpuset.cpus'].map((file) => subject.read(file));
    equal(changed.join(), `${48 * mebibyte},25000 100000,33,0`, 'the limits after the change');
    return seen;
  },

  'memory.max kills: exit code 137 and OOMKilled, and OOMKilled alone where only a child was killed': async (client) => {
    const limit = { Memory: 16 * mebibyte, MemorySwap: 16 * mebibyte };
    await using whole = await Subject.run(client, 'sleep 1; exec tail /dev/zero', limit);
    await using child = await Subject.run(client, 'sleep 1; tail /dev/zero; exit 3', limit);
    const codes = await Promise.all([whole.ended(), child.ended()]);
    equal(codes.join(), '137,3', 'the exit codes');
    const states = await Promise.all([whole.state(), child.state()]);
    const seen = states.map(({ ExitCode, OOMKilled }) => `${ExitCode} ${OOMKilled}`).join(', ');
    equal(seen, '137 true, 3 true', 'State.ExitCode and State.OOMKilled');
    return seen;
  },

  'cpu.max throttles': async (client) => {
    await using subject = await Subject.run(client, 'while :; do :; done', { NanoCpus: 200_000_000 });
    const [before, start] = [subject.count('cpu.stat', 'usage_usec'), performance.now()];
    await sleep(2500);
    const share = (subject.count('cpu.stat', 'usage_usec') - before) / 1000 / (performance.now() - start);
    const throttled = subject.count('cpu.stat', 'nr_throttled');
    must(throttled > 5, `nr_throttled is ${throttled}`);
    must(share > 0.05 && share < 0.3, `it used ${share.toFixed(2)} of a CPU instead of 0.2`);
    return `nr_throttled ${throttled} of ${subject.count('cpu.stat', 'nr_periods')}, ${share.toFixed(2)} of a CPU used`;
  },

  'pids.max refuses further processes, and device rules what is not in the list': async (client) => {
    await using subject = await Subject.run(client, 'sleep 100', { PidsLimit: 5 });
    const words = await subject.exec('mknod /tmp/mem c 1 1; cat /tmp/mem; head -c 4 /dev/urandom | wc -c');
    must(/Operation not permitted/.test(words), `a device outside the list: ${words}`);
    must(/^4$/m.test(words), `a device of the list: ${words}`);
    const forks = await subject.exec('for i in 1 2 3 4 5 6; do sleep 2 & done');
    must(/fork/.test(forks), `a shell over the limit says: ${forks}`);
    must(subject.count('pids.events', 'max') > 0, `pids.events: ${subject.read('pids.events')}`);
    return `${forks.split('\n')[0]}; ${words.split('\n')[0]}`;
  },

  'stats are the numbers of the kernel files': async (client) => {
    const limits = { Memory: 64 * mebibyte, PidsLimit: 30, NanoCpus: 500_000_000 };
    await using subject = await Subject.run(client, 'dd if=/dev/zero of=/dev/shm/x bs=1M count=8 2>/dev/null; while :; do :; done', limits);
    await sleep(1500);
    await client.call('ContainerPause', { path: { id: subject.id } }); // what does not run does not change its numbers
    equal(subject.read('cgroup.freeze'), '1', 'cgroup.freeze of a paused container');
    const answer = await client.call('ContainerStats', { path: { id: subject.id }, query: { stream: false, 'one-shot': true } });
    const stats = await answer.json<Stats>();
    const seen = {
      usage: subject.read('memory.current'),
      limit: subject.read('memory.max'),
      anon: String(subject.count('memory.stat', 'anon')),
      shmem: String(subject.count('memory.stat', 'shmem')),
      pids: subject.read('pids.current'),
      cpu: String(subject.count('cpu.stat', 'usage_usec') * 1000),
      throttled: String(subject.count('cpu.stat', 'nr_throttled')),
    };
    const said = {
      usage: String(stats.memory_stats.usage),
      limit: String(stats.memory_stats.limit),
      anon: String(stats.memory_stats.stats['anon']),
      shmem: String(stats.memory_stats.stats['shmem']),
      pids: String(stats.pids_stats.current),
      cpu: String(stats.cpu_stats.cpu_usage.total_usage),
      throttled: String(stats.cpu_stats.throttling_data.throttled_periods),
    };
    equal(JSON.stringify(said), JSON.stringify(seen), 'the stats');
    await client.call('ContainerUnpause', { path: { id: subject.id } });
    equal(subject.read('cgroup.freeze'), '0', 'cgroup.freeze after');
    return JSON.stringify(said);
  },

  'a published port of the default bridge answers': async (client) => {
    const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] };
    const script = 'exec httpd -f -p 80 -h /var/www';
    await using _subject = await Subject.run(client, script, { NetworkMode: 'bridge', PortBindings, Memory: 32 * mebibyte });
    for (let tries = 0; ; tries++) {
      const text = await fetch('http://127.0.0.1:8080/').then(
        (answer) => answer.text(),
        (cause: unknown) => String(cause),
      );
      if (text.includes('hello from busybox')) return text.trim();
      must(tries < 20, text);
      await sleep(250);
    }
  },

  'an engine whose root group holds processes, as inside a container, moves them to a leaf': async () => {
    const root = '/sys/fs/cgroup/box';
    mkdirSync(root);
    const child = spawn('sleep', ['100']);
    const ended = once(child, 'exit');
    try {
      writeFileSync(`${root}/cgroup.procs`, String(child.pid));
      await new Cgroups(detectCgroups(root)).create('/gantry/0/monitor');
      equal(readFileSync(`${root}/init/cgroup.procs`, 'utf8').trim(), String(child.pid), 'the process in the leaf');
      must(existsSync(`${root}/gantry/0/monitor/memory.max`), 'groups below have no memory.max');
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
    return readFileSync(`${root}/gantry/0/cgroup.subtree_control`, 'utf8').trim();
  },

  'monitors stand in a group of their own, and nothing of a removed container is left': async (client) => {
    const groupsIn = (path: string): string[] =>
      readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
    const [instance = ''] = groupsIn('/sys/fs/cgroup/gantry');
    const root = `/sys/fs/cgroup/gantry/${instance}`;
    {
      await using _subject = await Subject.run(client, 'sleep 100', {});
      await until(() => readFileSync(`${root}/monitor/cgroup.procs`, 'utf8').trim() !== '', 'the monitor in its group');
    }
    equal(groupsIn(root).join(), 'monitor', 'the groups left');
    return root;
  },
};

interface Stats {
  readonly memory_stats: { readonly usage: number; readonly limit: number; readonly stats: Readonly<Record<string, number>> };
  readonly pids_stats: { readonly current: number };
  readonly cpu_stats: {
    readonly cpu_usage: { readonly total_usage: number };
    readonly throttling_data: { readonly throttled_periods: number };
  };
}

function must(holds: boolean, words: string): void {
  if (!holds) throw new Error(words);
}

function equal(seen: unknown, wanted: unknown, what: string): void {
  must(seen === wanted, `${what}: ${String(seen)} instead of ${String(wanted)}`);
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    must(tries < 50, `${what}: not within five seconds`);
    await sleep(100);
  }
}
