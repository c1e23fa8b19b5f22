import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { Failure } from '@gantry/base';
import { errnoOf } from '@gantry/linux';
import type { InspectedContainer } from './engine-questions.ts';

/** The first process of a container, held by its directory of `/proc`: never another one that gets its number later. */
export interface ContainerProcess extends Disposable {
  /** `ns/net`, `ns/mnt` and `root` lie below. */
  readonly path: string;
}

export const nameOf = ({ Name, Id }: Pick<InspectedContainer, 'Name' | 'Id'>): string => Name.replace(/^\//, '') || Id.slice(0, 12);

export const isRunning = ({ State }: Pick<InspectedContainer, 'State'>): boolean => State.Running && State.Pid > 0;

/**
 * Opens the process of a running container. An engine of another machine, or in another namespace of processes, tells numbers that mean somebody else here:
 * `unsupported`, as where there is no such process.
 */
export function openContainerProcess(container: InspectedContainer): ContainerProcess {
  const { Id, State } = container;
  const elsewhere = (cause?: unknown): Failure =>
    new Failure(
      'unsupported',
      `container ${nameOf(container)} is no process of this host: its engine is on another machine or in another process namespace`,
      { cause },
    );
  let fd: number;
  try {
    fd = openSync(`/proc/${State.Pid}`, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (thrown) {
    throw errnoOf(thrown) === 'ENOENT' ? elsewhere(thrown) : thrown;
  }
  const path = `/proc/self/fd/${fd}`;
  try {
    // Its control group has its id in its name, and its files of the network come from a directory of that name.
    const isItself = ['cgroup', 'mountinfo'].some((file) => readFileSync(`${path}/${file}`, 'utf8').includes(Id));
    if (!isItself) throw elsewhere();
  } catch (thrown) {
    closeSync(fd);
    throw errnoOf(thrown) === 'ESRCH' ? elsewhere(thrown) : thrown;
  }
  return { path, [Symbol.dispose]: () => closeSync(fd) };
}
