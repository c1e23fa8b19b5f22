import { open } from 'node:fs/promises';

/** Resolves when the content of a file is on the disk, at once where it is already; fails where the disk has failed meanwhile. */
export async function syncFile(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.datasync();
}
