import { Failure } from '@gantry/base';
import { publish } from '../containers/containers-host.ts';
import type { Volumes } from '../volumes/volumes.ts';
import { type FilesOf, openContainerThread, type OpenedThread, readToEnd } from './container-files.ts';
import type { FileHead, FileTask } from './file-task.ts';
import { hiddenPlace } from './hidden-places.ts';
import type { PathStat } from './path-stat.ts';
import { isReading, type ViewTask } from './view-task.ts';
import { ViewThread, type ViewThreadContext } from './view-threads.ts';

/** The files of one container or volume: starts a thread at work on them. */
export type OpenFiles = <Task extends ViewTask | FileTask>(task: Task, context: ViewThreadContext) => Promise<OpenedThread<HeadOf<Task>>>;
/** What a task says before its bytes. */
export type HeadOf<Task extends ViewTask | FileTask> = Task extends FileTask ? FileHead : PathStat;

export const filesOfContainer =
  (of: FilesOf): OpenFiles =>
  async <Task extends ViewTask | FileTask>(task: Task, context: ViewThreadContext) => {
    const opened = await openContainerThread<HeadOf<Task>>(of, task, context);
    void announce(of, task, opened.thread);
    return opened;
  };

/** As dockerd tells of `docker cp`. */
async function announce(
  { host, container }: FilesOf,
  { kind }: ViewTask | FileTask,
  thread: Pick<ViewThread<PathStat | FileHead>, 'head' | 'done'>,
): Promise<void> {
  if (kind !== 'archive' && kind !== 'extract') return;
  const isDone = await (kind === 'archive' ? thread.head : thread.done.then(() => thread.head)).catch(() => undefined);
  if (isDone) publish(host, container, { action: kind === 'archive' ? 'archive-path' : 'extract-to-dir' });
}

/** What the volume's options name is mounted meanwhile. Fails with `not-found`. */
export const filesOfVolume =
  (volumes: Volumes, name: string): OpenFiles =>
  async <Task extends ViewTask | FileTask>(task: Task, context: ViewThreadContext) => {
    await using undo = new AsyncDisposableStack();
    if (!context.hasHostBinds && volumes.isHostPath(name)) throw hiddenPlace(`volume ${name}`);
    undo.use(await volumes.use(name));
    const isToRead = isReading(task);
    const view = { root: volumes.path(name), isWritable: !isToRead, isToRead, mounts: [], ids: volumes.ids };
    const thread = undo.use(await ViewThread.begin<HeadOf<Task>>({ kind: 'view', view, hidden: [], task }, context));
    const closing = undo.move();
    return { thread, [Symbol.asyncDispose]: () => closing.disposeAsync() };
  };

/** Does a task to its end; answers what it said. */
export async function doFileTask(open: OpenFiles, task: FileTask, context: ViewThreadContext): Promise<FileHead> {
  await using opened = await open(task, context);
  await opened.thread.done;
  return (await opened.thread.head) ?? {};
}

/** Begins a task whose bytes follow. Whoever does not read them to the end ends the iteration (`return`). */
export async function beginFileTask<Task extends ViewTask | FileTask>(
  open: OpenFiles,
  task: Task,
  context: ViewThreadContext,
): Promise<{ readonly head: HeadOf<Task> | undefined; readonly bytes: AsyncGenerator<Uint8Array, void, undefined> }> {
  await using undo = new AsyncDisposableStack();
  const { thread } = undo.use(await open(task, context));
  const head = await thread.head;
  return { head, bytes: readToEnd(thread, undo.move()) };
}

/** Writes a tar into a directory. */
export async function extractFiles(
  open: OpenFiles,
  task: Extract<ViewTask, { kind: 'extract' }>,
  context: ViewThreadContext,
): Promise<void> {
  await using opened = await open(task, context);
  if ((await opened.thread.head) === undefined) throw new Failure('not-found', `no such file or directory: ${task.path}`);
  await opened.thread.done;
}
