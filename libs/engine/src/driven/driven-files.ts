import { mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '@gantry/base';
import { type MountView, readMounts, treePath, type ViewMount } from '@gantry/linux';
import { byteText } from '@gantry/oci';
import type { FileOwners } from '../api/files.ts';
import type { OpenedThread } from '../files/container-files.ts';
import { hiddenPlace } from '../files/hidden-places.ts';
import type { HeadOf } from '../files/open-files.ts';
import type { FileTask } from '../files/file-task.ts';
import { isReading, type ViewTask } from '../files/view-task.ts';
import { ViewThread, type ViewThreadContext } from '../files/view-threads.ts';
import { isHostDevice, isMountedInUse } from '../volumes/local-options.ts';
import { isRunning, nameOf, openContainerProcess } from './container-process.ts';
import { type EngineQuestions, type InspectedContainer, type InspectedMount, isHere } from './engine-questions.ts';

/** The files of containers and volumes of a Docker or Podman on this host. What it keeps elsewhere or in another form is `unsupported`, and says why. */
export function drivenFileOwners(questions: EngineQuestions): FileOwners {
  return {
    container:
      (id) =>
      async <Task extends ViewTask | FileTask>(task: Task, context: ViewThreadContext) =>
        openInContainer(questions, await questions.container(id, context.signal), { task, context }),
    volume:
      (name) =>
      async <Task extends ViewTask | FileTask>(task: Task, context: ViewThreadContext) => {
        const root = await volumeRoot(questions, name, context);
        const isToRead = isReading(task);
        const view = { root, isWritable: !isToRead, isToRead, mounts: [] };
        return opened(await ViewThread.begin<HeadOf<Task>>({ kind: 'view', view, hidden: [], task }, context));
      },
  };
}

/** Where paths of the host are mounted in a container, and volumes that are such. */
export async function hostPlaces(questions: EngineQuestions, { Mounts }: InspectedContainer, signal: AbortSignal): Promise<Set<string>> {
  const places = await Promise.all(
    (Mounts ?? []).map(async ({ Type, Name, Destination }) => {
      if (Type === 'bind') return [Destination];
      if (Type !== 'volume' || !Name) return [];
      const { Options } = await questions.volume(Name, signal);
      return isHostDevice(Options ?? {}) ? [Destination] : [];
    }),
  );
  return new Set(places.flat());
}

const opened = <Head extends HeadOf<ViewTask | FileTask>>(thread: ViewThread<Head>): OpenedThread<Head> => ({
  thread,
  [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
});

interface Asked<Task> {
  readonly task: Task;
  readonly context: ViewThreadContext;
}

async function openInContainer<Task extends ViewTask | FileTask>(
  questions: EngineQuestions,
  container: InspectedContainer,
  { task, context }: Asked<Task>,
): Promise<OpenedThread<HeadOf<Task>>> {
  const { Status } = container.State;
  if (Status === 'dead' || Status === 'removing') throw new Failure('conflict', `container ${nameOf(container)} is ${Status}`);
  const hidden = context.hasHostBinds ? new Set<string>() : await hostPlaces(questions, container, context.signal);
  const isToRead = isReading(task);
  await using undo = new AsyncDisposableStack();
  const isLive = isRunning(container);
  const root = isLive ? { process: undo.use(openContainerProcess(container)).path } : await layersOf(container, isToRead, undo);
  const mounts = isLive ? ownMounts(container, hidden) : await mountsOfStopped(container, hidden);
  const isWritable = !isToRead && container.HostConfig.ReadonlyRootfs !== true;
  const work = {
    view: { root, isWritable, isToRead, mounts: mounts.map((mount) => ({ ...mount, isWritable: mount.isWritable && !isToRead })) },
    hidden: [...hidden].map((place) => treePath(byteText(place))),
  };
  const thread = undo.use(await ViewThread.begin<HeadOf<Task>>({ kind: 'view', ...work, task }, context));
  const closing = undo.move();
  return { thread, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** What its own mount namespace has at the places that the engine tells: volumes, memory, the files of its network. */
function ownMounts({ Mounts, HostConfig }: InspectedContainer, hidden: ReadonlySet<string>): ViewMount[] {
  const told = new Map((Mounts ?? []).map(({ Destination, RW }) => [Destination, RW !== false]));
  for (const place of Object.keys(HostConfig.Tmpfs ?? {})) told.set(place, true);
  for (const place of networkFiles) if (!told.has(place)) told.set(place, HostConfig.ReadonlyRootfs !== true);
  return [...told]
    .filter(([place]) => !hidden.has(place))
    .map(([place, isWritable]) => ({ source: undefined, path: treePath(byteText(place)), isWritable, isRecursive: false }))
    .sort((left, right) => left.path.split('/').length - right.path.split('/').length);
}

const networkFiles = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'] as const;

/** Those of the host that the engine would mount at its start. */
async function mountsOfStopped(container: InspectedContainer, hidden: ReadonlySet<string>): Promise<ViewMount[]> {
  const { Mounts, HostsPath, HostnamePath, ResolvConfPath, HostConfig } = container;
  const mounts: ViewMount[] = [];
  for (const mount of (Mounts ?? []).filter(({ Destination, Type }) => !hidden.has(Destination) && Type !== 'tmpfs'))
    mounts.push(await stoppedMount(container, mount));
  const taken = new Set([...mounts.map(({ path }) => path), ...[...hidden].map((place) => treePath(place))]);
  const files = [HostsPath, HostnamePath, ResolvConfPath].map((source, index) => ({ source, place: networkFiles[index] ?? '' }));
  for (const { source, place } of files) {
    const path = treePath(place);
    if (!source || taken.has(path) || !(await exists(source))) continue;
    mounts.push({ source, path, isWritable: HostConfig.ReadonlyRootfs !== true, isRecursive: false });
  }
  return mounts.sort((left, right) => left.path.split('/').length - right.path.split('/').length);
}

async function stoppedMount(container: InspectedContainer, { Source, Destination, RW, Name }: InspectedMount): Promise<ViewMount> {
  if (!Source || !(await exists(Source))) {
    const what = Name ? `volume ${Name}` : `what is mounted at ${Destination}`;
    throw new Failure('unsupported', `${what} of container ${nameOf(container)} is not on this host (${Source || 'no path'})`);
  }
  return { source: Source, path: treePath(byteText(Destination)), isWritable: RW !== false, isRecursive: true };
}

/** The layers of a container that does not run. They are put together by us, with a working directory of our own: that of the engine is its own. */
async function layersOf(container: InspectedContainer, isToRead: boolean, undo: AsyncDisposableStack): Promise<MountView['root']> {
  const { Name: driver = 'of containerd', Data } = container.GraphDriver ?? {};
  const { UpperDir: upper, LowerDir: lower } = Data ?? {};
  if (driver !== 'overlay2' || upper === undefined || lower === undefined) {
    throw new Failure(
      'unsupported',
      `container ${nameOf(container)} does not run, and its engine keeps layers by the driver ${driver}: files of stopped containers are reached with overlay2 only`,
    );
  }
  if (!(await exists(upper)))
    throw new Failure('unsupported', `the layers of container ${nameOf(container)} are not on this host (${upper})`);
  let work: string | undefined;
  if (!isToRead) {
    const directory = await mkdtemp(join(dirname(upper), 'gantry-work-'));
    undo.defer(() => rm(directory, { recursive: true, force: true }));
    work = directory;
  }
  return { layers: [upper, ...lower.split(':')], work };
}

/** The directory of a volume on this host. */
async function volumeRoot(questions: EngineQuestions, name: string, { hasHostBinds, signal }: ViewThreadContext): Promise<string> {
  const [{ Name, Driver, Mountpoint, Options }, info] = await Promise.all([questions.volume(name, signal), questions.info(signal)]);
  if (Driver !== 'local') throw new Failure('unsupported', `volume ${Name} belongs to the driver ${Driver}: its files are not this host's`);
  if (!hasHostBinds && isHostDevice(Options ?? {})) throw hiddenPlace(`volume ${Name}`);
  if (!isHere(info)) throw new Failure('unsupported', `volume ${Name} is on ${info.Name}, where its engine runs, and not on this host`);
  if (!(await exists(Mountpoint))) throw new Failure('unsupported', `volume ${Name} is not on this host (${Mountpoint})`);
  if (isMountedInUse(Options ?? {}) && !readMounts().some(({ target }) => target === Mountpoint)) {
    throw new Failure('unsupported', `volume ${Name} is mounted only while a container uses it, and none does`);
  }
  return Mountpoint;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
