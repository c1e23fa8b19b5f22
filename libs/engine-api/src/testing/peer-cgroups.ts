import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes the groups of this name with all in them, of every hierarchy. */
export async function removeCgroups(name: string): Promise<void> {
  for (const controller of await readdir('/sys/fs/cgroup')) await removeCgroup(join('/sys/fs/cgroup', controller, name));
  await removeCgroup(join('/sys/fs/cgroup', name));
}

async function removeCgroup(path: string): Promise<void> {
  const inside = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of inside) if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  await rmdir(path).catch((error: unknown) => {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  });
}
