import { closeSync } from 'node:fs';
import { openBelow } from '../files/file-calls.ts';
import { FileTree } from '../files/file-tree.ts';
import { checked, libc } from '../system/libc.ts';

export interface CopiedSource {
  /** A path of the host. */
  readonly source: string;
  /** What lies below it instead (a byte string), found without leaving it; links are followed inside. */
  readonly within?: string;
  /** With what is mounted below. */
  readonly isRecursive: boolean;
}

const clone = 0x1 | 0o2000000; // OPEN_TREE_CLONE, close on exec
const recursive = 0x8000;

/** A mount of what lies at a path of the host, which itself lies nowhere yet: a descriptor, which the caller closes. Fails with `not-found` where nothing is there. */
export function copySource({ source, within, isRecursive }: CopiedSource): number {
  const flags = clone | (isRecursive ? recursive : 0);
  if (within === undefined) return checked(libc.openTree(source, flags), 'open_tree', source);
  using tree = FileTree.open(source);
  const directory = tree.openDirectory('.');
  try {
    const fd = openBelow(directory, within, 'anyInRoot');
    try {
      return checked(libc.openTree(`/proc/self/fd/${fd}`, flags), 'open_tree', source);
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(directory);
  }
}
