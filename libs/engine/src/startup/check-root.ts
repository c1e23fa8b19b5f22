import { open, readFile } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { runCommand } from '@gantry/linux';

/** Says which mount the root directory is on for a process that joins our mount namespace, as an exec joins a container's. */
const rootOfNamespace = ['--mount=/proc/self/ns/mnt', 'sh', '-c', 'exec 3</ && cat /proc/self/fdinfo/3'];

/**
 * Fails with `unavailable` in a chroot: the containers of an engine whose root is not the root of its mount namespace keep that root behind their
 * own, and whoever joins them by setns(2) (every exec) lands in it, outside of the container. Where it cannot be told, nothing is refused.
 */
export async function checkRoot(): Promise<void> {
  await using root = await open('/', 'r');
  const ours = mountId(await readFile(`/proc/self/fdinfo/${root.fd}`, 'utf8'));
  const { stdout } = await runCommand('/usr/bin/nsenter', rootOfNamespace).catch(() => ({ stdout: '' }));
  const joined = mountId(stdout);
  if (joined === undefined || ours === joined) return;
  throw new Failure(
    'unavailable',
    'the native engine cannot run in a chroot, because commands in its containers would run outside of them: make the directory the root of a mount namespace (pivot_root)',
  );
}

const mountId = (fdinfo: string): string | undefined => /^mnt_id:\s*(\d+)$/m.exec(fdinfo)?.[1];
