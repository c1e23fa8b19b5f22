import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const graceMs = 2000;

/**
 * Ends a process of a container as closing its terminal would (SIGHUP), and by force where it stays. A process that is not seen in the container from
 * here is left alone: the number may be of another namespace.
 */
export async function hangUp(pid: number, containerId: string): Promise<void> {
  if (!(await isOf(pid, containerId))) return;
  signal(pid, 'SIGHUP');
  for (let waitedMs = 0; waitedMs < graceMs; waitedMs += 50) {
    if (!(await isOf(pid, containerId))) return;
    await pause(50);
  }
  if (await isOf(pid, containerId)) signal(pid, 'SIGKILL');
}

async function isOf(pid: number, containerId: string): Promise<boolean> {
  if (pid <= 1) return false;
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  return groups.includes(containerId);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}
