import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncDirectory } from './sync-directory.ts';
import { durableStep } from './durable-step.ts';

const prefix = '.removed-';

/**
 * Removes a directory of this noun so that nobody ever sees a part of it: out of sight by one rename, which also a full disk lets through, then file by
 * file. One that is not there is gone already.
 */
export async function removeWhole(path: string, noun: 'layer' | 'network' | 'rootfs'): Promise<void> {
  const aside = join(dirname(path), `${prefix}${basename(path)}`);
  await rm(aside, { recursive: true, force: true });
  await durableStep(`${noun}.hide`, async () => {
    await rename(path, aside).catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    });
    await syncDirectory(dirname(path));
  });
  await durableStep(`${noun}.remove`, () => rm(aside, { recursive: true, force: true }));
}

/** Ends the removals that a killed engine had begun in a directory; for its owner, before anything else is removed there. */
export async function endRemovals(directory: string): Promise<void> {
  const left = (await readdir(directory)).filter((name) => name.startsWith(prefix));
  await Promise.all(left.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}
