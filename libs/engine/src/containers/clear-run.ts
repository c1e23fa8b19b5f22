import { rm } from 'node:fs/promises';
import type { ContainerId } from '../ids.ts';
import { cgroupOf, type ContainersHost, pathsOf, runtimeOf } from './containers-host.ts';

/**
 * Takes away all that a run has in the kernel and on the run root; the exit record last, because while it is there the end of the run can be read
 * again. Each step may run twice; one that fails is reported and does not stop the others.
 */
export async function clearRun(host: ContainersHost, id: ContainerId): Promise<void> {
  const attempt = async (what: string, step: () => Promise<unknown>): Promise<void> => {
    try {
      await step();
    } catch (cause) {
      host.report(`container ${id}: cannot ${what}`, cause);
    }
  };
  await attempt('delete it from the runtime', () => runtimeOf(host, id).delete(id));
  await Promise.all([
    attempt('leave its networks', () => host.sandboxes.leave(id)),
    attempt('unmount its rootfs', () => host.images.unmountRootfs(id)),
    attempt('unmount its shared memory', () => host.kernel.unmount(pathsOf(host, id).shm)),
    attempt('remove its control groups', () => host.cgroups.remove(cgroupOf(host, id))),
  ]);
  await attempt('remove its bundle', () => rm(pathsOf(host, id).bundle, { recursive: true, force: true }));
  await attempt('forget its exit record', () => host.exits.forget(id));
}
