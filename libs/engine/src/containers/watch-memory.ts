import { type FSWatcher, watch } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type ContainersHost, pathsOf, publish } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';

/** The monitor makes this file when the kernel kills in the container for want of memory. */
const mark = 'oom';

/** Tells that the container ran out of memory when it does, once in a run; a process of it may be killed and the container go on. Disposing ends it. */
export function watchMemory(host: ContainersHost, container: ManagedContainer): Disposable {
  let watcher: FSWatcher | undefined;
  if (container.record.hostConfig.Memory > 0) {
    watcher = watch(pathsOf(host, container.id).bundle, { persistent: false }, (_, name) => {
      if (name === mark) tellOutOfMemory(host, container);
    });
    // The bundle goes away with the run.
    watcher.on('error', () => undefined);
  }
  return { [Symbol.dispose]: () => watcher?.close() };
}

/** Tells it, where it was not told in this run. */
export function tellOutOfMemory(host: ContainersHost, container: ManagedContainer): void {
  if (container.isOutOfMemoryTold) return;
  container.isOutOfMemoryTold = true;
  publish(host, container, { action: 'oom' });
}

/** Whether the kernel killed in the container for want of memory in this run. */
export function wasOutOfMemory(host: ContainersHost, container: ManagedContainer): Promise<boolean> {
  return access(join(pathsOf(host, container.id).bundle, mark)).then(
    () => true,
    () => false,
  );
}
