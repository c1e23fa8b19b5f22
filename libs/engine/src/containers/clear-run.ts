import { rm } from 'node:fs/promises';
import { cgroupOf, type ContainersHost, pathsOf, runtimeOf } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import { durableStep } from '../state/durable-step.ts';
import { unmountSubpaths } from './volume-subpaths.ts';

/**
 * Takes away all that a run has in the kernel and on the run root; the exit record last, because while it is there the end of the run can be read
 * again. Each step may run twice; one that fails is reported, does not stop the others, and is tried again at the next call. `hasEnded`: its first process
 * is known to be gone.
 */
export async function clearRun(host: ContainersHost, container: ManagedContainer, { hasEnded }: { hasEnded: boolean }): Promise<void> {
  const { id } = container;
  let isComplete = true;
  const attempt = async (what: string, step: () => Promise<unknown>): Promise<boolean> => {
    try {
      await step();
      return true;
    } catch (cause) {
      isComplete = false;
      host.report(`container ${id}: cannot ${what}`, cause);
      return false;
    }
  };
  const runtime = runtimeOf(host, id);
  const mustDelete = !hasEnded || mayLeaveProcesses(container);
  const isDeleted = mustDelete && (await attempt('delete it from the runtime', () => durableStep('end.runtime', () => runtime.delete(id))));
  await Promise.all([
    // Of a runtime other than crun it would be the same again.
    isDeleted || attempt('make its runtime forget it', () => durableStep('end.state', () => runtime.forget(id))),
    attempt('leave its networks', () => host.sandboxes.leave(id)),
    ...volumesOf(container).map((name) => attempt(`let go of its volume ${name}`, () => host.volumes.unmount(name, id))),
    attempt('unmount parts of its volumes', () => unmountSubpaths(host, id, container.record.mounts)),
    attempt('unmount its rootfs', () => host.images.unmountRootfs(id)),
    attempt('unmount its shared memory', () => durableStep('end.memory', () => host.kernel.unmount(pathsOf(host, id).shm))),
    attempt('remove its control groups', () => durableStep('end.groups', () => host.cgroups.remove(cgroupOf(host, id)))),
  ]);
  await attempt('remove its bundle', () => durableStep('end.bundle', () => rm(pathsOf(host, id).bundle, { recursive: true, force: true })));
  // While its end is not on the disk, the next engine has to find it there.
  if (!container.isUnsaved) await attempt('forget its exit record', () => durableStep('end.exit', () => host.exits.forget(id)));
  container.hasLeftovers = !isComplete;
}

const volumesOf = ({ record }: ManagedContainer): string[] => record.mounts.filter(({ type }) => type === 'volume').map(({ name }) => name);

/** Where the kernel does not end every process with the first one, the runtime does; it also runs the hooks that devices bring. */
function mayLeaveProcesses({ record: { hostConfig } }: ManagedContainer): boolean {
  return hostConfig.PidMode !== '' || (hostConfig.DeviceRequests?.length ?? 0) > 0;
}
