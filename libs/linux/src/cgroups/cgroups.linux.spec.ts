import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedAfterEach } from '@gantry/base/testing';
import { diskDevices } from '../host/host-metrics.ts';
import { Cgroups } from './cgroups.ts';

const opened = closedAfterEach();

/** A group of the test's own on this host, removed after it. */
async function group(): Promise<{ cgroups: Cgroups; path: string }> {
  const cgroups = new Cgroups();
  const parent = `/gantry-spec-${process.pid}`;
  const path = `${parent}/${Math.random().toString(36).slice(2)}`;
  await cgroups.create(path);
  opened.defer(() => cgroups.remove(parent));
  return { cgroups, path };
}

/** A process that burns CPU inside the group. */
async function busyIn(cgroups: Cgroups, path: string): Promise<{ pid: number; ended: Promise<unknown> }> {
  const child = spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
  opened.defer(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  await cgroups.enter(path, pid);
  return { pid, ended };
}

test('a process in a group is counted, frozen and killed', async () => {
  const { cgroups, path } = await group();
  const { pid, ended } = await busyIn(cgroups, path);
  const signal = AbortSignal.timeout(60_000);

  expect(await cgroups.processesOf(path)).toEqual([pid]);
  await cgroups.freeze(path, true, signal);
  const first = await cgroups.readMetrics(path);
  expect(first?.pids.current).toBe(1);
  expect(first?.memory.limitBytes).toBeUndefined();
  const second = await cgroups.readMetrics(path);
  expect(second?.cpu.usageNs).toBe(first?.cpu.usageNs);
  await cgroups.freeze(path, false, signal);
  await expect(cgroups.remove(path)).rejects.toMatchObject({ code: 'conflict' });

  await cgroups.kill(path, signal);
  await ended;
  await cgroups.remove(path);
  expect(await cgroups.readMetrics(path)).toBeUndefined();
  expect(cgroups.directoriesOf(path).filter((directory) => existsSync(directory))).toEqual([]);
});

test('who expects moves stays where it is, however often it says so', async () => {
  const cgroups = new Cgroups();
  const before = await readFile('/proc/self/cgroup', 'utf8');

  await Promise.all([cgroups.expectMoves(), cgroups.expectMoves()]);
  await cgroups.expectMoves();

  expect(await readFile('/proc/self/cgroup', 'utf8')).toBe(before);
});

test('a group has CPUs and memory nodes like its parent, so that processes can enter', async () => {
  const { cgroups, path } = await group();
  const cpuset = cgroups.layout.controllers.get('cpuset');
  if (cpuset === undefined || cgroups.layout.kind === 'v2') return;

  expect(await readFile(`${cpuset}${path}/cpuset.cpus`, 'utf8')).toBe(await readFile(`${cpuset}/cpuset.cpus`, 'utf8'));
});

test('what a process writes to a disk is counted', async () => {
  const { cgroups, path } = await group();
  await cgroups.countDiskIo(path);
  using counters = cgroups.openCounters(path);
  if (!(await isOnDisk(tmpdir()))) return;
  const file = join(tmpdir(), `gantry-spec-${process.pid}`);
  opened.defer(() => rm(file, { force: true }));
  const writer = spawn('/bin/sh', ['-c', 'read _; dd if=/dev/zero of="$0" bs=4096 count=64 conv=fsync', file], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(writer, 'exit');
  await once(writer, 'spawn');
  await cgroups.enter(path, writer.pid ?? 0);

  writer.stdin.end('\n');
  await ended;

  expect(counters.read()?.writtenBytes).toBeGreaterThanOrEqual(64 * 4096);
  const { blockIo } = (await cgroups.readMetrics(path)) ?? {};
  expect(blockIo?.serviceBytes.filter(({ op }) => op.toLowerCase() === 'write')).not.toEqual([]);
});

/** Only a file system on one of the machine's own disks has what this counts. */
async function isOnDisk(directory: string): Promise<boolean> {
  const { dev } = await stat(directory);
  return (await diskDevices()).includes(`${dev >> 8}:${dev & 0xff}`);
}

test('what is not there is told apart from what is empty', async () => {
  const cgroups = new Cgroups();

  expect(await cgroups.readMetrics('/gantry-spec-none')).toBeUndefined();
  await cgroups.remove('/gantry-spec-none');
  await expect(cgroups.freeze('/gantry-spec-none', true, AbortSignal.timeout(1000))).rejects.toMatchObject({ code: 'not-found' });
});
