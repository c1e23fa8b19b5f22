import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file (mode 0600) so that a power cut leaves the old or the new content, never a mixture; makes its directory (0700). */
export async function writeDurably(path: string, content: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const partial = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await using file = await open(partial, 'wx', 0o600);
    await file.writeFile(content);
    await file.sync();
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw cause;
  }
  await using folder = await open(directory, 'r');
  await folder.sync();
}

/** The content of a file, undefined where there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}
