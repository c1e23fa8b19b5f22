import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Removes the groups of this name with all in them, of every hierarchy. */
export async function removeCgroups(name: string): Promise<void> {
  for (const controller of await readdir('/sys/fs/cgroup')) await removeCgroup(join('/sys/fs/cgroup', controller, name));
  await removeCgroup(join('/sys/fs/cgroup', name));
}

async function removeCgroup(path: string): Promise<void> {
  const inside = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of inside) if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  for (const deadline = performance.now() + 30_000; ;) {
    const code = await rmdir(path).then(
      () => undefined,
      (error: unknown) => (error as NodeJS.ErrnoException).code ?? '',
    );
    if (code === undefined || ['ENOENT', 'ENOTDIR'].includes(code)) return;
    // Its last process is gone for whoever waited for it a moment before it is for the kernel's books.
    if (code !== 'EBUSY' || performance.now() > deadline) throw new Error(`${path} is not removed: ${code}`);
    await sleep(10);
  }
}
