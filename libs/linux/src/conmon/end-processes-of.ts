import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { killIfThere } from '../system/kill-process.ts';

const pollMs = 5;

/**
 * Kills the monitor of a bundle and the runtime that is creating its container, both of which have the bundle's path among their arguments, and resolves when
 * they are gone: what a killed engine had asked for would else be made after all. None is no error.
 */
export async function endProcessesOf(bundle: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const pids = await processesOf(bundle);
    if (pids.length === 0) return;
    for (const pid of pids) killIfThere(pid);
    await delay(pollMs, undefined, { signal });
  }
}

async function processesOf(bundle: string): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(
    names.map(async (name) => {
      const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
      return words.some((word, at) => word === bundle && ['-b', '--bundle'].includes(words[at - 1] ?? '')) ? [Number(name)] : [];
    }),
  );
  return found.flat();
}
