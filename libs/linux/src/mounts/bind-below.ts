import { closeSync, fstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { openBelow } from '../files/file-calls.ts';
import { FileTree } from '../files/file-tree.ts';
import { checked, libc } from '../system/libc.ts';

export interface BindBelow {
  /** A directory, and what lies below it (a byte string): links are followed inside of it, whoever swaps them meanwhile. */
  readonly root: string;
  readonly path: string;
  /** Where it is mounted: made, with its parents, as a directory or an empty file. */
  readonly target: string;
}

const bindRecursive = 0x1000 | 0x4000;

/** Mounts a directory or file that lies below another directory somewhere else. Fails with ENOENT where nothing is there. Blocks: for a worker thread. */
export function bindBelow({ root, path, target }: BindBelow): void {
  using tree = FileTree.open(root);
  const inside = tree.openDirectory('.');
  try {
    const fd = openBelow(inside, path, 'anyInRoot');
    try {
      const isDirectory = fstatSync(fd).isDirectory();
      mkdirSync(isDirectory ? target : dirname(target), { recursive: true, mode: 0o700 });
      if (!isDirectory) writeFileSync(target, '', { flag: 'a', mode: 0o600 });
      checked(libc.mount(`/proc/self/fd/${fd}`, target, null, bindRecursive, null), 'bind', path);
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(inside);
  }
}
