import type { ContainersHost } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';

/** Tells that a container has its volumes. */
export function publishMounts(host: ContainersHost, container: ManagedContainer): void {
  container.hasVolumesMounted = true;
  for (const { name, driver, destination, isWritable, propagation } of volumesOf(container)) {
    const attributes = { driver, container: container.id, destination, 'read/write': String(isWritable), propagation };
    host.events.publish({ type: 'volume', action: 'mount', actorId: name, attributes });
  }
}

/** Tells that it has let go of them, where it had them. */
export function publishUnmounts(host: ContainersHost, container: ManagedContainer): void {
  if (!container.hasVolumesMounted) return;
  container.hasVolumesMounted = false;
  for (const { name, driver } of volumesOf(container)) {
    host.events.publish({ type: 'volume', action: 'unmount', actorId: name, attributes: { driver, container: container.id } });
  }
}

const volumesOf = ({ record }: ManagedContainer) => record.mounts.filter(({ type }) => type === 'volume');
