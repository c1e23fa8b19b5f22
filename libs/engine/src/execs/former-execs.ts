import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identifyProcess } from '@gantry/linux';

const lookEveryMs = 2000;

/** Removes the directories of execs that a former engine started: now where they have ended, later, in the background, where a monitor still keeps them. */
export async function forgetEndedExecs(root: string): Promise<void> {
  await lookAgain(root, await readdir(root));
}

async function lookAgain(root: string, names: readonly string[]): Promise<void> {
  const kept: string[] = [];
  for (const name of names) {
    if (await isMonitored(join(root, name))) kept.push(name);
    else await rm(join(root, name), { recursive: true, force: true });
  }
  if (kept.length > 0) setTimeout(() => void lookAgain(root, kept).catch(() => undefined), lookEveryMs).unref();
}

/** The directory is the exec's own and new for each, so that a process with this number which is another's would only keep it a while longer. */
async function isMonitored(directory: string): Promise<boolean> {
  const pid = Number(await readFile(join(directory, 'conmon.pid'), 'utf8').catch(() => '0'));
  return pid > 0 && identifyProcess(pid) !== undefined;
}
