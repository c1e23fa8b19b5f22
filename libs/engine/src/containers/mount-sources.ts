import { realpath } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { hostRoot, mountOf, readMounts } from '@gantry/linux';
import type { ContainerId } from '../ids.ts';
import { type ContainersHost, idsOf } from './containers-host.ts';
import type { MountPoint } from './mount-points.ts';
import { makeDirectories } from './source-directories.ts';
import { checkTmpfsOptions } from './tmpfs-options.ts';
import { mountSubpath, subpathsOf } from './volume-subpaths.ts';

/** Whether the engine's own directories lie below a path of the host. */
export function holdsEngine(host: ContainersHost, source: string): boolean {
  return [host.records.path(''), host.bundles].some((path) => source === '/' || `${path}/`.startsWith(`${source}/`));
}

/** Makes ready what a start mounts, with the directory of a `-v` that is missing. Fails with `invalid` in dockerd's words. */
export async function makeSource(host: ContainersHost, id: ContainerId, mount: MountPoint): Promise<void> {
  if (mount.type === 'tmpfs') checkTmpfsOptions(mount.options);
  if (mount.type === 'volume') await makeVolume(host, id, mount);
  if (mount.type !== 'bind') return;
  if (mount.createsSource) await makeDirectory(host, id, mount.source);
  const path = await realpath(mount.source).catch((cause: unknown) => {
    throw new Failure('invalid', messages.bindSourceMissing(mount.source), { cause });
  });
  checkPropagation(host, mount, path);
}

/** What is missing belongs to root in the container, as with dockerd. */
async function makeDirectory(host: ContainersHost, id: ContainerId, path: string): Promise<void> {
  const ids = idsOf(host, host.find(id).record);
  const owner = ids && hostRoot(ids);
  for await (const made of makeDirectories(path)) if (owner) await made.chown(owner.uid, owner.gid);
}

async function makeVolume(host: ContainersHost, id: ContainerId, mount: MountPoint): Promise<void> {
  await host.volumes.mount(mount.name, id);
  const target = subpathsOf(host, id, host.find(id).record.mounts).get(mount.destination);
  if (target !== undefined) await mountSubpath(mount, target);
}

const keptFlags = ['ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime'];

/** What the mounts of the host on which sources lie forbid, by source: crun would take it away from a bind, which must not give more than it was made from. */
export async function sourceFlags(points: readonly MountPoint[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const sources = points.filter(({ type }) => type !== 'tmpfs').map(({ source }) => source);
  if (sources.length === 0) return new Map();
  const paths = await Promise.all(sources.map((source) => realpath(source)));
  const mounts = readMounts();
  return new Map(
    sources.map((source, at) => [source, mountOf(mounts, paths[at] ?? source)?.options.filter((flag) => keptFlags.includes(flag)) ?? []]),
  );
}

/** Mounts pass between host and container only where the host's own mount lets them. */
function checkPropagation(host: ContainersHost, { source, propagation }: MountPoint, path: string): void {
  const kind = propagation.endsWith('shared') ? 'shared' : propagation.endsWith('slave') ? 'shared or slave' : undefined;
  // What holds the engine is a slave also where nobody asked for it.
  if (kind === undefined || (kind !== 'shared' && holdsEngine(host, source))) return;
  const mount = mountOf(readMounts(), path);
  const passes = mount?.sharedGroup !== undefined || (kind !== 'shared' && mount?.masterGroup !== undefined);
  if (!passes) throw new Failure('invalid', messages.notSharedMount({ path: source, on: mount?.target ?? '/', kind }));
}
