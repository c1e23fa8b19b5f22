import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { diskFailure } from '../layers/disk-failure.ts';
import { syncDirectory } from './sync-directory.ts';

let writes = 0;

/**
 * Replaces a file whole and so that it survives a power cut: temporary file, fsync, rename, fsync of the directory. A reader sees the old
 * text or the new, never a part. Fails with `exhausted` on a full disk, and leaves nothing then.
 */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await replace(path, content, true);
  await syncDirectory(dirname(path));
}

/** Replaces a file whole, for what only has to survive the end of this process. */
export function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  return replace(path, content, false);
}

/** Removes what writers that were killed left unfinished in a directory; for its owner, before anything writes there. */
export async function removeUnfinished(directory: string): Promise<void> {
  const unfinished = (await readdir(directory)).filter((name) => name.endsWith('.new'));
  await Promise.all(unfinished.map((name) => rm(join(directory, name), { force: true })));
}

async function replace(path: string, content: string | Uint8Array, isSynced: boolean): Promise<void> {
  const temporary = `${path}.${process.pid}.${++writes}.new`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      if (isSynced) await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw diskFailure(cause, `write ${path}: `);
  }
}
