import { Failure } from '@gantry/base';
import * as messages from '@gantry/engine-api/messages';
import { enterMountView, errnoOf, type FileTree, type MountView } from '@gantry/linux/files';
import { byteText, writeTar } from '@gantry/oci/tar';
import { extractArchive, extractLimits } from './extract-archive.ts';
import { type FileHead, type FileTask, runFileTask } from './file-task.ts';
import { refuseHidden } from './hidden-places.ts';
import { absolutePath, baseName, findFile, followed, lookAt } from './path-in-root.ts';
import { pathStat, type PathStat } from './path-stat.ts';
import { treeEntries } from './tree-entries.ts';

/** Where a request may not write although the view could. */
export interface WriteRules {
  /** Mounts of the container by their paths; the last that holds a path decides. */
  readonly mounts: readonly { readonly destination: string; readonly isWritable: boolean }[];
  readonly isRootWritable: boolean;
}

/** What one thread does with the files of one container. */
export type ViewTask =
  | { readonly kind: 'stat'; readonly path: string }
  | { readonly kind: 'archive'; readonly path: string }
  | { readonly kind: 'export' }
  | {
      readonly kind: 'extract';
      readonly path: string;
      readonly keepsKinds: boolean;
      readonly owner: { readonly uid: number; readonly gid: number } | undefined;
      readonly rules: WriteRules;
    };

export interface ViewWork {
  readonly kind: 'view';
  readonly view: MountView;
  /** Places that the view has not because they are the host's (`treePath`s). */
  readonly hidden: readonly string[];
  readonly task: ViewTask | FileTask;
}

/** Where bytes come from and go to, and who hears of the stat before the first byte. */
export interface TaskStreams {
  readonly input: AsyncIterable<Uint8Array>;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly tell: (head: PathStat | FileHead | undefined) => void;
  /** Throws where the task is given up. */
  readonly onEntry: () => void;
}

/** Runs in a thread that does nothing else meanwhile. `tell` hears undefined where the path does not exist; then nothing follows. */
export async function runViewTask({ view, hidden, task }: ViewWork, streams: TaskStreams): Promise<void> {
  using entered = enterMountView(view);
  const { tree } = entered;
  refuseHidden(tree, hidden, { paths: pathsOf(task), isTakenAway: task.kind === 'move' || task.kind === 'remove' });
  if (isFileTask(task)) return await runFileTask(tree, task, streams);
  if (task.kind === 'extract') return await extract(tree, { ...task, hidden }, streams);
  if (task.kind === 'export') return await writeAll(tree, { path: '', name: undefined }, streams);
  using found = findFile(tree, byteText(task.path));
  streams.tell(found && pathStat(tree, found));
  if (found === undefined || task.kind === 'stat') return;
  const base = baseName(found.absolute);
  await writeAll(tree, { path: found.path, name: base === '/' ? '' : base }, streams);
}

/** What changes nothing of the files. */
export const isReading = ({ kind }: ViewWork['task']): boolean => ['stat', 'archive', 'export', 'list', 'look', 'read'].includes(kind);

function pathsOf(task: ViewWork['task']): readonly string[] {
  if (task.kind === 'export') return [];
  return task.kind === 'move' ? [task.from, task.to] : [task.path];
}

const isFileTask = (task: ViewWork['task']): task is FileTask => !['stat', 'archive', 'export', 'extract'].includes(task.kind);

async function writeAll(tree: FileTree, request: Parameters<typeof treeEntries>[1], { write }: TaskStreams): Promise<void> {
  for await (const bytes of writeTar(treeEntries(tree, request))) await write(bytes);
}

type ExtractWork = Extract<ViewTask, { kind: 'extract' }> & Pick<ViewWork, 'hidden'>;

async function extract(tree: FileTree, task: ExtractWork, streams: TaskStreams): Promise<void> {
  const directory = followed(tree, absolutePath(byteText(task.path)));
  {
    using look = lookAt(tree, directory);
    streams.tell(look && pathStat(tree, { path: directory, absolute: `/${directory}`, look, [Symbol.dispose]: () => undefined }));
    if (look === undefined) return;
    if (!look.stat.isDirectory()) throw new Failure('invalid', messages.extractionPointNotDirectory);
  }
  checkWritable(`/${directory}`, task.rules);
  const { keepsKinds, owner, hidden } = task;
  await extractArchive(streams.input, { tree, directory, keepsKinds, owner, hidden, limits: extractLimits });
}

function checkWritable(path: string, { mounts, isRootWritable }: WriteRules): void {
  const holding = mounts.filter(({ destination }) => path === destination || path.startsWith(`${destination}/`));
  if (holding.some(({ isWritable }) => !isWritable)) throw new Failure('forbidden', messages.volumeReadOnly);
  if (holding.length === 0 && !isRootWritable) throw new Failure('forbidden', messages.rootfsReadOnly);
}

/** What the file system says of a path or an archive is the request's fault. */
export function fileFailure(thrown: unknown): unknown {
  const errno = errnoOf(thrown);
  if (errno === 'EROFS') return new Failure('forbidden', 'read-only file system', { cause: thrown });
  const isArchives = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EEXIST', 'ENAMETOOLONG', 'EINVAL'].includes(errno ?? '');
  return isArchives ? new Failure('invalid', Failure.from(thrown).message, { cause: thrown }) : thrown;
}
