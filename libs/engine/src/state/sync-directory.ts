import { open } from 'node:fs/promises';

/** What was renamed into or removed from a directory is so on the disk afterwards. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}
