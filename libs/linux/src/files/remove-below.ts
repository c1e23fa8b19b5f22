import { closeSync, fstatSync } from 'node:fs';
import { Failure } from '@gantry/base';
import { errnoOf } from '../system/system-failure.ts';
import { openBelow, unlinkAt } from './file-calls.ts';
import { namesIn } from './names-in.ts';

/** A directory that is being emptied. */
interface Level {
  readonly name: string;
  readonly device: bigint;
  readonly inode: bigint;
  /** Undefined where too many are open: it is opened again on the way up. */
  open: { readonly fd: number; readonly names: Generator<string, void, undefined> } | undefined;
}

const mostOpen = 64;

/**
 * Removes what lies at a name of an open directory, with all that is in it; what somebody else takes away meanwhile is no error. However deep it is, it takes no
 * stack and few descriptors. Fails with ENOENT where nothing is there, and with EXDEV where something is mounted below. Blocks; `onEntry` is called before each
 * entry, and what it throws ends the work there: what is removed by then stays so.
 */
export function removeBelow(directory: number, name: string, onEntry: () => void = () => undefined): void {
  if (isUnlinked(directory, name)) return;
  using levels = new Levels(directory);
  levels.enter(name);
  while (!levels.isEmpty) {
    onEntry();
    const child = levels.nextName();
    if (child === undefined) unlessGone(() => levels.removeDeepest());
    else
      unlessGone(() => {
        if (!isUnlinked(levels.fd, child)) levels.enter(child);
      });
  }
}

/** False: it is a directory. */
function isUnlinked(directory: number, name: string): boolean {
  try {
    unlinkAt(directory, name, 'other');
    return true;
  } catch (failure) {
    if (errnoOf(failure) !== 'EISDIR' && errnoOf(failure) !== 'EPERM') throw failure;
    return false;
  }
}

function unlessGone(work: () => void): void {
  try {
    work();
  } catch (failure) {
    if (errnoOf(failure) !== 'ENOENT') throw failure;
  }
}

/** The directories from the top to the one that is being emptied. */
class Levels implements Disposable {
  readonly #top: number;
  readonly #levels: Level[] = [];

  constructor(top: number) {
    this.#top = top;
  }

  get isEmpty(): boolean {
    return this.#levels.length === 0;
  }

  /** Of the directory that is being emptied. */
  get fd(): number {
    return this.#levels.at(-1)?.open?.fd ?? this.#top;
  }

  enter(name: string): void {
    const fd = openBelow(this.fd, name, 'directoryToEmpty');
    const { dev: device, ino: inode } = fstatSync(fd, { bigint: true });
    this.#levels.push({ name, device, inode, open: { fd, names: namesIn(fd) } });
    const far = this.#levels.at(-1 - mostOpen);
    if (far) close(far);
  }

  nextName(): string | undefined {
    const next = this.#levels.at(-1)?.open?.names.next();
    return next === undefined || next.done === true ? undefined : next.value;
  }

  removeDeepest(): void {
    const level = this.#levels.at(-1);
    if (!level) return;
    const parent = this.#levels.at(-2);
    if (parent && !parent.open) reopen(parent, this.fd);
    close(level);
    this.#levels.pop();
    unlinkAt(this.fd, level.name, 'directory');
  }

  [Symbol.dispose](): void {
    for (const level of this.#levels) close(level);
  }
}

/** `..` of a directory that somebody moved leads elsewhere: nothing is removed there. */
function reopen(parent: Level, child: number): void {
  const fd = openBelow(child, '..', 'parentToEmpty');
  const { dev, ino } = fstatSync(fd, { bigint: true });
  if (dev !== parent.device || ino !== parent.inode) {
    closeSync(fd);
    throw new Failure('conflict', `what is in ${Buffer.from(parent.name, 'latin1').toString('utf8')} was moved while it was removed`);
  }
  // Read from its start again: what was removed by now is not there any more.
  parent.open = { fd, names: namesIn(fd) };
}

function close(level: Level): void {
  level.open?.names.return();
  if (level.open) closeSync(level.open.fd);
  level.open = undefined;
}
