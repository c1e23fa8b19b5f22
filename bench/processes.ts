import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const allProcesses = (): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid));

/** What is found in the directory of a process; '' where it ended meanwhile. */
function of(pid: number, read: (directory: string) => string): string {
  try {
    return read(`/proc/${pid}`);
  } catch {
    return '';
  }
}

/** The native engine that has `root` and its monitors, which are nobody's children. */
export const nativeProcesses = (root: string): number[] =>
  allProcesses().filter((pid) => of(pid, (directory) => readFileSync(`${directory}/cmdline`, 'utf8')).includes(root));

/** dockerd, containerd, shims, proxies: all in dockerd's own namespace of processes; containers have namespaces of their own. */
export function dockerProcesses(enter: readonly string[]): number[] {
  const init = Number(/\/proc\/(\d+)\//.exec(enter.join(' '))?.[1]);
  const namespace = (pid: number): string => of(pid, (directory) => readlinkSync(`${directory}/ns/pid`));
  const own = namespace(init);
  return allProcesses().filter((pid) => namespace(pid) === own);
}

export function megabytes(pids: readonly number[], name: 'Rss' | 'Pss'): number {
  const rollups = pids.map((pid) => of(pid, (directory) => readFileSync(`${directory}/smaps_rollup`, 'utf8')));
  return rollups.reduce((sum, rollup) => sum + Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0) / 1024, 0);
}

const tickMs = 10; // USER_HZ is 100 on all machines that Node runs on

/** The processor time that these processes took so far, with their threads and children that ended. */
export function ranMs(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = of(pid, (directory) => readFileSync(`${directory}/stat`, 'utf8'))
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  });
  return ticks.reduce((sum, one) => sum + one, 0) * tickMs;
}
