import { stat } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { errnoOf, treePath, type ViewMount } from '@gantry/linux';
import { byteText } from '@gantry/oci';
import type { ContainerRecord } from '../containers/container.ts';
import { type ContainersHost, idsOf, pathsOf, publish } from '../containers/containers-host.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';
import type { MountPoint } from '../containers/mount-points.ts';
import { processUser } from '../containers/process-user.ts';
import { readInRootfs } from '../containers/read-in-rootfs.ts';
import type { FileHead, FileTask } from './file-task.ts';
import type { PathStat } from './path-stat.ts';
import { isReading, type ViewTask, type ViewWork } from './view-task.ts';
import { ViewThread, type ViewThreadContext } from './view-threads.ts';

/** A container as a request named it. */
export interface FilesOf {
  readonly host: ContainersHost;
  readonly container: ManagedContainer;
  /** As the request named it: dockerd's messages do. */
  readonly name: string;
}

/** What lies at a path of a container. Fails with `not-found` in dockerd's words. */
export async function statPath(of: FilesOf, path: string, context: ViewThreadContext): Promise<PathStat> {
  await using opened = await openThread(of, { kind: 'stat', path }, context);
  return existing(of, path, await opened.thread.head);
}

/** A file or directory of a container as a tar; what comes first is its stat. Whoever does not read to the end ends the iteration (`return`). */
export async function archivePath(
  of: FilesOf,
  path: string,
  context: ViewThreadContext,
): Promise<{ readonly stat: PathStat; readonly bytes: AsyncGenerator<Uint8Array, void, undefined> }> {
  await using undo = new AsyncDisposableStack();
  const { thread } = undo.use(await openThread(of, { kind: 'archive', path }, context));
  const found = existing(of, path, await thread.head);
  publish(of.host, of.container, { action: 'archive-path' });
  return { stat: found, bytes: readToEnd(thread, undo.move()) };
}

/** The whole root file system as a tar, without volumes and binds. */
export async function exportContainer(of: FilesOf, context: ViewThreadContext): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  checkExists(of.container, messages.cannotExport);
  await using undo = new AsyncDisposableStack();
  const held = undo.use(await of.host.images.holdRootfs(of.container.id));
  const { ids } = of.host;
  const view = {
    ...{ root: held.path, isWritable: false, isToRead: true, mounts: [] },
    ids: ids && ({ ...ids, unknown: 'itself' } as const),
  };
  const thread = undo.use(await ViewThread.begin<PathStat>({ kind: 'view', view, hidden: [], task: { kind: 'export' } }, context));
  publish(of.host, of.container, { action: 'export' });
  return readToEnd(thread, undo.move());
}

/** Fails with `conflict` in dockerd's words for one that is going. */
export function checkExists(
  { id, state, isBeingRemoved }: ManagedContainer,
  words: (id: string, why: 'Dead' | 'being removed') => string,
): void {
  if (state.name === 'dead') throw new Failure('conflict', words(id, 'Dead'));
  if (state.name === 'removing' || isBeingRemoved) throw new Failure('conflict', words(id, 'being removed'));
}

export interface ExtractOptions {
  readonly path: string;
  readonly noOverwriteDirNonDir: boolean;
  readonly copyUIDGID: boolean;
}

/** Writes a tar into a directory of a container. Fails with `not-found`, `invalid` and `forbidden` in dockerd's words; what was written by then stays. */
export async function extractInto(of: FilesOf, context: ViewThreadContext, options: ExtractOptions): Promise<void> {
  const { record } = of.container;
  const { path, noOverwriteDirNonDir, copyUIDGID } = options;
  await using held = await of.host.images.holdRootfs(record.id);
  const mounts = record.mounts.map(({ destination, isWritable }) => ({ destination, isWritable }));
  const task: ViewTask = {
    ...{ kind: 'extract', path, keepsKinds: noOverwriteDirNonDir, rules: { mounts, isRootWritable: !record.hostConfig.ReadonlyRootfs } },
    owner: copyUIDGID && record.config.User !== '' ? await ownerIn(held.path, record) : undefined,
  };
  await using opened = await openThread(of, task, context);
  existing(of, path, await opened.thread.head);
  await opened.thread.done;
  publish(of.host, of.container, { action: 'extract-to-dir' });
}

async function ownerIn(rootfs: string, { config }: ContainerRecord): Promise<{ uid: number; gid: number }> {
  const [passwd, group] = await Promise.all([readInRootfs(rootfs, 'etc/passwd'), readInRootfs(rootfs, 'etc/group')]);
  const { uid, gid } = processUser(config.User, { passwd, group });
  return { uid, gid };
}

function existing({ name }: FilesOf, path: string, found: PathStat | undefined): PathStat {
  if (found === undefined) throw new Failure('not-found', messages.fileNotFound(path, name));
  return found;
}

/** What it holds is let go when the task ends, also where nobody ever begins to read. */
export function readToEnd(
  thread: Pick<ViewThread, 'over' | 'output'>,
  closing: AsyncDisposableStack,
): AsyncGenerator<Uint8Array, void, undefined> {
  void thread.over.then(() => closing.disposeAsync());
  return thread.output();
}

/** A thread at work on a container or volume; disposing ends it and lets go of what it worked on. */
export type OpenedThread<Head extends PathStat | FileHead> = AsyncDisposable & { readonly thread: ViewThread<Head> };

async function openThread(of: FilesOf, task: ViewTask, context: ViewThreadContext): Promise<OpenedThread<PathStat>> {
  return await openContainerThread<PathStat>(of, task, context);
}

export async function openContainerThread<Head extends PathStat | FileHead>(
  { host, container }: FilesOf,
  task: ViewTask | FileTask,
  context: ViewThreadContext,
): Promise<OpenedThread<Head>> {
  await using undo = new AsyncDisposableStack();
  const held = undo.use(await host.images.holdRootfs(container.id));
  for (const { type, name } of container.record.mounts) if (type === 'volume') undo.use(await host.volumes.use(name));
  const work = await viewOf(host, container, { root: held.path, isToRead: isReading(task), hasHostBinds: context.hasHostBinds });
  const thread = undo.use(await ViewThread.begin<Head>({ kind: 'view', ...work, task }, context));
  const closing = undo.move();
  return { thread, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** As dockerd does it for `docker cp`: volumes, binds and the files of the network lie in the rootfs; a tmpfs belongs to the container's processes alone. */
async function viewOf(
  host: ContainersHost,
  { record }: ManagedContainer,
  { root, isToRead, hasHostBinds }: { root: string; isToRead: boolean; hasHostBinds: boolean },
): Promise<Pick<ViewWork, 'view' | 'hidden'>> {
  const isRootWritable = !isToRead && !record.hostConfig.ReadonlyRootfs;
  const isHidden = ({ type, name }: MountPoint): boolean =>
    !hasHostBinds && (type === 'bind' || (type === 'volume' && host.volumes.isHostPath(name)));
  const points = record.mounts
    .filter((mount) => mount.type !== 'tmpfs' && !isHidden(mount))
    .map(({ source, destination, isWritable, volume }) => ({
      ...{ source, path: treePath(byteText(destination)), isWritable, isRecursive: true },
      ...(volume?.subpath && { within: byteText(volume.subpath) }),
    }));
  const hidden = record.mounts.filter(isHidden).map(({ destination }) => treePath(byteText(destination)));
  const files = await networkFiles(host, record);
  const taken = new Set([...points.map(({ path }) => path), ...hidden]);
  const mounts = [...points, ...files.filter(({ path }) => !taken.has(path)).map((file) => ({ ...file, isWritable: isRootWritable }))];
  return { view: { root, isWritable: isRootWritable, isToRead, ids: idsOf(host, record), mounts }, hidden };
}

/** They are there once it was started. */
async function networkFiles(host: ContainersHost, { id }: ContainerRecord): Promise<Omit<ViewMount, 'isWritable'>[]> {
  const { hosts, hostname, resolvConf } = pathsOf(host, id);
  const files = { 'etc/hosts': hosts, 'etc/hostname': hostname, 'etc/resolv.conf': resolvConf };
  const found = await Promise.all(
    Object.entries(files).map(async ([path, source]) => {
      const isThere = await stat(source).catch((thrown: unknown) => {
        if (errnoOf(thrown) === 'ENOENT') return undefined;
        throw thrown;
      });
      return isThere === undefined ? [] : [{ source, path, isRecursive: false }];
    }),
  );
  return found.flat();
}
