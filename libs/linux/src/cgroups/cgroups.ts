import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import { killIfThere } from '../system/kill-process.ts';
import { diskDevices } from '../host/host-metrics.ts';
import { errnoOf } from '../system/system-failure.ts';
import { GroupCounters } from './cgroup-counters.ts';
import { type CgroupLayout, detectCgroups } from './cgroup-layout.ts';
import { type CgroupMetrics, metricsOfV1, metricsOfV2 } from './cgroup-metrics.ts';

/** A group by its absolute path inside the hierarchies, as `/gantry/1a2b3c/<container id>`. */
export type CgroupPath = string;

const pollMs = 5;
const removalMs = 500;

/** The control groups of this host. Plain file access: it runs on any thread and never blocks it. */
export class Cgroups {
  readonly layout: CgroupLayout;
  #expected: Promise<void> | undefined;

  constructor(layout: CgroupLayout = detectCgroups()) {
    this.layout = layout;
  }

  /** The directories of a group, one for each hierarchy. */
  directoriesOf(path: CgroupPath): string[] {
    const { controllers, unified } = this.layout;
    return [...new Set([...controllers.values(), ...(unified === undefined ? [] : [unified])])].map((root) => join(root, path));
  }

  /**
   * Makes a group in all hierarchies; on v2 it and its neighbours can have limits, since its parents hand all controllers down: those from `below` on,
   * a group that was delegated to us with its controllers. It is a leaf: processes may enter it. Twice is once.
   */
  async create(path: CgroupPath, { below = '' }: { readonly below?: CgroupPath } = {}): Promise<void> {
    for (const directory of this.directoriesOf(path)) await mkdir(directory, { recursive: true });
    const cpuset = this.layout.kind === 'v2' ? undefined : this.layout.controllers.get('cpuset');
    if (cpuset !== undefined) await inheritCpuset(cpuset, path);
    if (this.layout.kind === 'v2' && this.layout.unified !== undefined) await enableBelow(this.layout, { path, below });
  }

  /** The names of the groups in a group; none where it does not exist. */
  async groupsIn(path: CgroupPath): Promise<string[]> {
    const listed = await Promise.all(
      this.directoriesOf(path).map((directory) => readdir(directory, { withFileTypes: true }).catch(() => [])),
    );
    return [...new Set(listed.flat().flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])))];
  }

  /** Whether there are processes in the group or in a group below it. */
  async isPopulated(path: CgroupPath): Promise<boolean> {
    if ((await this.processesOf(path)).length > 0) return true;
    for (const name of await this.groupsIn(path)) if (await this.isPopulated(`${path}/${name}`)) return true;
    return false;
  }

  /** Waits until no process is in the group itself. */
  async untilEmpty(path: CgroupPath, signal: AbortSignal): Promise<void> {
    while ((await this.processesOf(path)).length > 0) await delay(pollMs, undefined, { signal });
  }

  /**
   * Has the kernel count what groups read and write, on v1: since 6.10 it does so for a disk only once some group of it was given a limit. The limit
   * written here, to a group that has none, is "none". A disk that refuses is left as it is. Source: blk_throtl_activated in block/blk-throttle.h.
   */
  async countDiskIo(path: CgroupPath): Promise<void> {
    const blkio = this.layout.controllers.get('blkio');
    if (this.layout.kind === 'v2' || blkio === undefined) return;
    for (const device of await diskDevices()) {
      await writeFile(join(blkio, path, 'blkio.throttle.write_bps_device'), `${device} 0`, { flag: 'r+' }).catch(() => undefined);
    }
  }

  /**
   * Makes the moves of the next 10 ms or so fast, those of other processes too: after a pause the kernel lets the first move between groups wait for
   * a grace period, 5 to 10 ms, and those that follow closely not. So who knows that one will come has it wait now, while there is other work to do:
   * this process is moved to the group in which it is. It fails for no reason that matters. Source: cgroup_attach_lock, kernel/rcu/sync.c.
   */
  expectMoves(): Promise<void> {
    this.#expected ??= this.#moveNowhere().finally(() => (this.#expected = undefined));
    return this.#expected;
  }

  async #moveNowhere(): Promise<void> {
    const [hierarchy, root] = this.layout.kind === 'v2' ? ['', this.layout.unified] : ['pids', this.layout.controllers.get('pids')];
    const groups = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
    const own = groups.split('\n').find((line) => line.split(':')[1]?.split(',').includes(hierarchy));
    if (root === undefined || own === undefined) return;
    const path = own.split(':').slice(2).join(':');
    await writeFile(join(root, path, 'cgroup.procs'), String(process.pid), { flag: 'r+' }).catch(() => undefined);
  }

  /** Moves a process into the group, in all hierarchies. */
  async enter(path: CgroupPath, pid: number): Promise<void> {
    for (const directory of this.directoriesOf(path)) await writeFile(join(directory, 'cgroup.procs'), String(pid));
  }

  /** Moves a process into the group's part of the unified hierarchy only; on v1 hosts nothing. */
  async enterUnified(path: CgroupPath, pid: number): Promise<void> {
    const { unified } = this.layout;
    if (unified === undefined) return;
    await mkdir(join(unified, path), { recursive: true });
    await writeFile(join(unified, path, 'cgroup.procs'), String(pid));
  }

  /** What the kernel counted; undefined: there is no such group. */
  async readMetrics(path: CgroupPath): Promise<CgroupMetrics | undefined> {
    const { kind, controllers, unified } = this.layout;
    const memory = controllers.get('memory') ?? unified ?? '';
    if ((await readOptional(join(memory, path, 'cgroup.procs'))) === undefined) return undefined;
    const read = async (controller: string, file: string): Promise<string | undefined> => {
      const root = controller === 'pressure' ? unified : controllers.get(controller);
      return root === undefined ? undefined : readOptional(join(root, path, file));
    };
    return kind === 'v2' ? metricsOfV2(read) : metricsOfV1(read);
  }

  /** The few numbers of `readMetrics` that are looked at each second for each container. To be disposed. */
  openCounters(path: CgroupPath): GroupCounters {
    return new GroupCounters(this.layout, path);
  }

  /** The processes of the group itself; none where it does not exist. */
  async processesOf(path: CgroupPath): Promise<number[]> {
    const { controllers, unified } = this.layout;
    const root = controllers.get('pids') ?? controllers.get('memory') ?? unified ?? '';
    const text = (await readOptional(join(root, path, 'cgroup.procs'))) ?? '';
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  }

  /** Kills everything in the group and waits until it is empty. */
  async kill(path: CgroupPath, signal: AbortSignal): Promise<void> {
    const { unified } = this.layout;
    if (unified !== undefined) await writeOptional(join(unified, path, 'cgroup.kill'), '1');
    for (;;) {
      const pids = await this.processesOf(path);
      if (pids.length === 0) return;
      for (const pid of pids) killIfThere(pid);
      await delay(pollMs, undefined, { signal });
    }
  }

  /** Freezes or thaws everything in the group and waits until it is so. Fails with `not-found` where there is no such group. */
  async freeze(path: CgroupPath, isFrozen: boolean, signal: AbortSignal): Promise<void> {
    const { kind, controllers, unified } = this.layout;
    const freezer = controllers.get('freezer');
    const [file, wanted] =
      kind !== 'v2' && freezer !== undefined
        ? [join(freezer, path, 'freezer.state'), isFrozen ? 'FROZEN' : 'THAWED']
        : [join(unified ?? '', path, 'cgroup.freeze'), isFrozen ? '1' : '0'];
    for (;;) {
      if (!(await writeOptional(file, wanted))) throw new Failure('not-found', `no such control group: ${path}`);
      const state = (await readOptional(file))?.trim();
      if (state === wanted) return;
      await delay(pollMs, undefined, { signal });
    }
  }

  /**
   * Removes an empty group and the groups below it. What is not there is no error; fails with `conflict` while processes are in it. One that has
   * just ended holds its group for a moment longer.
   */
  async remove(path: CgroupPath): Promise<void> {
    const lastTry = performance.now() + removalMs;
    for (const directory of this.directoriesOf(path)) await removeTree(directory, lastTry);
  }
}

async function removeTree(directory: string, lastTry: number): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(directory, entry.name), lastTry);
  for (;;) {
    try {
      await rmdir(directory);
      return;
    } catch (cause) {
      const errno = errnoOf(cause);
      if (errno === 'ENOENT') return;
      if (errno !== 'EBUSY') throw cause;
      if (performance.now() > lastTry) throw new Failure('conflict', `control group ${directory} is in use`, { cause });
      await delay(pollMs);
    }
  }
}

/** A v1 cpuset group takes no process before it has CPUs and memory nodes; it starts with none. */
async function inheritCpuset(root: string, path: CgroupPath): Promise<void> {
  if (path === '/' || path === '.') return;
  await inheritCpuset(root, dirname(path));
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const own = join(root, path, file);
    if (((await readOptional(own)) ?? '-').trim() !== '') continue;
    await writeFile(own, await readFile(join(root, dirname(path), file), 'utf8'));
  }
}

/** On v2 a group has the controllers that its parents hand down. One that hands down takes no processes (EBUSY), so the group itself does not. */
async function enableBelow(
  { unified = '', unifiedControllers }: CgroupLayout,
  { path, below }: { path: CgroupPath; below: CgroupPath },
): Promise<void> {
  const wanted = unifiedControllers.filter((name) => ['cpu', 'cpuset', 'io', 'memory', 'pids'].includes(name));
  const parents = path
    .split('/')
    .map((_, index, parts) => parts.slice(0, index + 1).join('/'))
    .slice(0, -1);
  for (const parent of parents) {
    if (wanted.length > 0 && parent.startsWith(below)) await handDown(join(unified, parent), wanted.map((name) => `+${name}`).join(' '));
  }
}

/** Inside a container the root of the hierarchy is a group like any other and holds this process: what is in it moves to a leaf first.
 *  All controllers in one write: cpu alone would be handed down beside processes, and groups below were refused any (EOPNOTSUPP). */
async function handDown(directory: string, controllers: string): Promise<void> {
  const file = join(directory, 'cgroup.subtree_control');
  try {
    await writeFile(file, controllers);
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EBUSY') throw thrown;
    await moveToLeaf(directory);
    await writeFile(file, controllers);
  }
}

async function moveToLeaf(directory: string): Promise<void> {
  const leaf = join(directory, 'init');
  await mkdir(leaf, { recursive: true });
  const pids = (await readFile(join(directory, 'cgroup.procs'), 'utf8')).split('\n');
  for (const pid of pids.filter((one) => one !== '')) {
    try {
      await writeFile(join(leaf, 'cgroup.procs'), pid);
    } catch (thrown) {
      if (errnoOf(thrown) !== 'ESRCH') throw thrown; // it has ended
    }
  }
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    const errno = errnoOf(thrown);
    // ENODEV: the group was removed between open and read; ENOTSUP (EOPNOTSUPP): pressure is switched off.
    if (errno === 'ENOENT' || errno === 'ENODEV' || errno === 'ENOTSUP') return undefined;
    throw thrown;
  }
}

async function writeOptional(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'r+' });
    return true;
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === 'ENOENT' || errno === 'ENODEV') return false;
    throw thrown;
  }
}
