import { closeSync, openSync } from 'node:fs';
import { openBelow } from '../files/file-calls.ts';
import { NamespaceLost } from '../namespaces/network-namespaces.ts';
import { checked, libc } from '../system/libc.ts';
import { errnoOf } from '../system/system-failure.ts';

/** A process whose root is to be seen, by its directory of `/proc`; held open (`/proc/self/fd/N`), it is that process and never a later one of its number. */
export interface ProcessRoot {
  readonly process: string;
}

/** Copies of mounts that lie nowhere yet; disposing closes them. */
export interface ProcessMounts extends Disposable {
  /** The root alone, without what is mounted below. */
  readonly root: number;
  /** What is mounted at a place, without what is mounted below it; none where nothing is there. */
  readonly at: ReadonlyMap<string, number>;
}

const newMountNamespace = 0x0002_0000;
const pathOnly = 0o10000000;
const clone = 0x1 | 0o2000000 | 0x1000; // OPEN_TREE_CLONE, close on exec, AT_EMPTY_PATH

/**
 * Copies the root of a process and what is mounted at places below it (`treePath`s, links are followed inside), as its own mount namespace has them: mounts of
 * another namespace can be copied only from within. For a thread that is in a mount namespace of its own, to which it comes back. Fails with `not-found` where
 * the process has ended.
 */
export function copyProcessMounts({ process }: ProcessRoot, places: readonly string[]): ProcessMounts {
  using opened = new DisposableStack();
  const own = opened.adopt(openSync('/proc/thread-self/ns/mnt', 'r'), closeSync);
  const theirs = opened.adopt(openSync(`${process}/ns/mnt`, 'r'), closeSync);
  const root = opened.adopt(openSync(`${process}/root`, pathOnly), closeSync);
  using copies = new DisposableStack();
  checked(libc.setns(theirs, newMountNamespace), 'setns', `mount namespace of ${process}`);
  opened.defer(() => {
    if (libc.setns(own, newMountNamespace) < 0) throw new NamespaceLost('cannot return to the own mount namespace');
  });
  const copy = copies.adopt(checked(libc.openTreeAt(root, clone), 'open_tree', `root of ${process}`), closeSync);
  const at = new Map<string, number>();
  for (const place of places) {
    const mount = copyAt(root, place);
    if (mount !== undefined) at.set(place, copies.adopt(mount, closeSync));
  }
  const closing = copies.move();
  return { root: copy, at, [Symbol.dispose]: () => closing.dispose() };
}

function copyAt(root: number, place: string): number | undefined {
  try {
    const fd = openBelow(root, place, 'anyInRoot');
    try {
      return checked(libc.openTreeAt(fd, clone), 'open_tree', place);
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(thrown) ?? '')) throw thrown;
    return undefined;
  }
}
