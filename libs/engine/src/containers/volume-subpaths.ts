import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { errnoOf } from '@gantry/linux';
import { byteText } from '@gantry/oci';
import type { ContainerId } from '../ids.ts';
import { bindInThread } from '../layers/file-threads.ts';
import { type ContainersHost, pathsOf } from './containers-host.ts';
import type { MountPoint } from './mount-points.ts';

/** Parts of volumes that a container has instead of the whole, with the places where they are mounted for its runtime to find, by destination. */
export function subpathsOf(
  host: Pick<ContainersHost, 'records' | 'bundles'>,
  id: ContainerId,
  mounts: readonly MountPoint[],
): ReadonlyMap<string, string> {
  const parts = mounts.filter(({ volume }) => volume?.subpath);
  return new Map(parts.map(({ destination }, at) => [destination, `${pathsOf(host, id).subpaths}/${at}`]));
}

/** By its path alone a link in the volume could lead out of it: found step by step, it is mounted aside. Fails with `invalid` in dockerd's words where nothing is there. */
export async function mountSubpath({ source, volume }: MountPoint, target: string): Promise<void> {
  const subpath = volume?.subpath ?? '';
  try {
    await bindInThread({ root: source, path: byteText(subpath), target });
  } catch (cause) {
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(cause) ?? '')) throw cause;
    throw new Failure('invalid', messages.noSubpath(`${source}/${subpath}`), { cause });
  }
}

/** Only what is empty is removed: where something stayed mounted, it is the volume's. */
export async function unmountSubpaths(host: ContainersHost, id: ContainerId, mounts: readonly MountPoint[]): Promise<void> {
  const targets = [...subpathsOf(host, id, mounts).values()];
  for (const target of targets) {
    await host.kernel.unmount(target);
    await rmdir(target).catch((cause: unknown) => (errnoOf(cause) === 'ENOTDIR' ? rm(target) : undefined));
  }
  const [first] = targets;
  if (first !== undefined) await rmdir(dirname(first)).catch(() => undefined);
}
