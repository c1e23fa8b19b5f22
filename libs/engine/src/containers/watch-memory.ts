import { join } from 'node:path';
import { MemoryKills } from '@gantry/linux';
import { isThere } from '../state/is-there.ts';
import { cgroupOf, type ContainersHost, pathsOf, publish } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';

/** The monitor makes this file when the kernel kills in the container for want of memory, the first time. */
const mark = 'oom';

/** Tells of each process of the container that the kernel kills for want of memory; the container may go on. Disposing ends it. */
export function watchMemory(host: ContainersHost, container: ManagedContainer): Disposable {
  if (container.record.hostConfig.Memory === 0) return { [Symbol.dispose]: () => undefined };
  try {
    return MemoryKills.watch(host.cgroups.layout, cgroupOf(host, container.id), (count) => tellMemoryKills(host, container, count));
  } catch {
    // It may have ended by now, or this kernel does not count: its end tells it.
    return { [Symbol.dispose]: () => undefined };
  }
}

/** Tells those that were not told in this run. */
export function tellMemoryKills(host: ContainersHost, container: ManagedContainer, count: number): void {
  for (; container.toldMemoryKills < count; container.toldMemoryKills++) publish(host, container, { action: 'oom' });
}

/** How many processes of the container the kernel has killed for want of memory in this run; where it does not count, one for all of them. */
export async function memoryKillsOf(host: ContainersHost, container: ManagedContainer): Promise<number> {
  const counted = MemoryKills.read(host.cgroups.layout, cgroupOf(host, container.id)) ?? 0;
  if (counted > 0) return counted;
  return (await isThere(join(pathsOf(host, container.id).bundle, mark))) ? 1 : 0;
}
