import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Where an engine of a test kept its things; `instance` is its six hex digits. */
export interface EngineTraces {
  readonly roots: readonly string[];
  readonly instance: string;
}

/** What has been told to end may take this long on a busy machine. */
const settleMs = 10_000;

/**
 * Fails where an engine that a test has ended left something in the kernel: a mount below its roots, a process that works there or was started
 * with a path of it, a cgroup, a link or an nftables table of its instance. Others' objects are never looked at. The thread stands still while
 * something is there that is just going: a process that was killed, a link whose namespace has ended.
 */
export function nothingLeft(traces: EngineTraces): void {
  for (const deadline = performance.now() + settleMs; ; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)) {
    const found = tracesLeft(traces);
    if (found.length === 0) return;
    if (performance.now() > deadline) throw new Error(`the engine of ${traces.roots.join(', ')} left behind:\n  ${found.join('\n  ')}`);
  }
}

const tracesLeft = (traces: EngineTraces): string[] => [
  ...mountsBelow(traces.roots).map((point) => `mount ${point}`),
  ...processesBelow(traces.roots).map(({ pid, words }) => `process ${pid} ${words.join(' ')}`),
  ...cgroupsOf(traces),
  ...linksOf(traces.instance).map((name) => `link ${name}`),
  ...tablesOf(traces),
];

/** proc(5), mountinfo: the fifth field is the mount point. */
export function mountsBelow(roots: readonly string[]): string[] {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) => roots.some((root) => isBelow(point, root)));
}

/** Processes that work below the roots or were started with a path of them. */
export function processesBelow(roots: readonly string[]): { readonly pid: string; readonly words: readonly string[] }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) => {
    const words = readOrNothing(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
    const directory = readOrNothing(() => readlinkSync(`/proc/${pid}/cwd`)) ?? '';
    const isOurs = roots.some((root) => isBelow(directory, root) || words?.some((word) => isBelow(word, root)));
    return isOurs ? [{ pid, words: words ?? [] }] : [];
  });
}

function cgroupsOf({ instance }: EngineTraces): string[] {
  const mounted = readdirSync('/sys/fs/cgroup').map((controller) => join('/sys/fs/cgroup', controller, 'gantry', instance));
  return ['/sys/fs/cgroup/gantry/' + instance, ...mounted].filter((path) => existsSync(path)).map((path) => `cgroup ${path}`);
}

/**
 * The names of the links that an engine has made on the host. One whose namespace just ended stands in /sys for as long as the kernel waits for its readers, while it
 * is found by its name no more: rtnetlink has the word.
 */
export function linksOf(instance: string): string[] {
  const names = readdirSync('/sys/class/net').filter((name) => name.startsWith(`g${instance}`));
  return names.filter((name) => readOrNothing(() => execFileSync('ip', ['link', 'show', 'dev', name], { stdio: 'pipe' })) !== undefined);
}

function tablesOf({ instance }: EngineTraces): string[] {
  const tables = execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }).split('\n');
  return tables.filter((line) => line.includes(`gantry_${instance}`)).map((line) => `nftables ${line}`);
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

/** What vanished while we looked was not left behind. */
function readOrNothing<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
