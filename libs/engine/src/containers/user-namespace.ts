import { chown, lchown, stat } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { hostOwner, hostRoot, openUserNamespace, type Owner, type UserNamespace } from '@gantry/linux';
import type { ContainerRecord } from './container.ts';
import type { CreateBody } from './container-config.ts';
import { type ContainersHost, idsOf } from './containers-host.ts';
import { joinedUserNamespace } from './shared-namespaces.ts';

/** Options that need the host's user namespace, in dockerd's words. Fails with `invalid`. */
export function checkUserNamespace({ ids }: Pick<ContainersHost, 'ids'>, { HostConfig }: CreateBody): void {
  if (ids === undefined || HostConfig?.UsernsMode === 'host') return;
  if (HostConfig?.Privileged === true) throw new Failure('invalid', messages.privilegedInUserNamespace);
  if (HostConfig?.NetworkMode === 'host') throw new Failure('invalid', messages.hostNetworkInUserNamespace);
  if (HostConfig?.PidMode === 'host') throw new Failure('invalid', messages.hostProcessesInUserNamespace);
}

/**
 * The user namespace of a start, that of the container whose namespaces it shares or one of its own, until the runtime has made the container; undefined: the host's.
 */
export async function userNamespaceOf(
  host: Pick<ContainersHost, 'find' | 'ids'>,
  record: ContainerRecord,
): Promise<UserNamespace | undefined> {
  const ids = idsOf(host, record);
  if (ids === undefined) return undefined;
  const path = joinedUserNamespace(host, record);
  return await openUserNamespace(path === undefined ? ids : { path });
}

/** Gives what was made for a container to its root, where that is not the host's. */
export async function giveToContainer(
  host: Pick<ContainersHost, 'ids'>,
  record: Pick<ContainerRecord, 'hostConfig'>,
  ...paths: string[]
): Promise<void> {
  const ids = idsOf(host, record);
  if (ids === undefined) return;
  const { uid, gid } = hostRoot(ids);
  await Promise.all(paths.map((path) => lchown(path, uid, gid)));
}

/** Lets a created container's first process open its pipes by name (`/dev/stdout`): the runtime, which does that, may not from inside a user namespace. */
export async function givePipes(
  host: Pick<ContainersHost, 'ids'>,
  record: ContainerRecord,
  { pid, user }: { pid: number; user: Owner },
): Promise<void> {
  const ids = idsOf(host, record);
  if (ids === undefined) return;
  const { uid, gid } = hostOwner(ids, user);
  for (const descriptor of [0, 1, 2]) {
    const path = `/proc/${pid}/fd/${descriptor}`;
    // Not what is no pipe: /dev/null is the host's own.
    if ((await stat(path)).isFIFO()) await chown(path, uid, gid);
  }
}
