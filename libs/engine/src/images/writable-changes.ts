import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { FileTree } from '@gantry/linux';

/** A path that a container changed, as `GET /containers/{id}/changes` tells it: 0 modified, 1 added, 2 deleted. */
export interface WritableChange {
  readonly Path: string;
  readonly Kind: 0 | 1 | 2;
}

/**
 * What lies in a writable layer compared with the layers below it (topmost first), by moby's rules (daemon/archive changes.go): a whiteout is a
 * deletion, what is below as well is modified, and a directory of which only the content changed is modified too. Sorted by path.
 */
export async function writableChanges(upper: string, lowers: readonly string[]): Promise<WritableChange[]> {
  using below = new Below(lowers);
  const changes = new Map<string, 0 | 1 | 2>();
  await walk(upper, '', (path, stat) => {
    const kind = kindOf(path, { stat, below });
    if (kind === undefined) return;
    changes.set(`/${path}`, kind);
    for (let parent = parentOf(path); parent !== '' && !changes.has(`/${parent}`); parent = parentOf(parent)) changes.set(`/${parent}`, 0);
  });
  return [...changes].map(([Path, Kind]) => ({ Path, Kind })).sort((one, other) => (one.Path < other.Path ? -1 : 1));
}

function kindOf(path: string, { stat, below }: { stat: Stats; below: Below }): 0 | 1 | 2 | undefined {
  if (stat.isCharacterDevice() && stat.rdev === 0) return 2;
  const before = below.stat(path);
  if (before === undefined || before === 'hidden') return 1;
  const isSame = stat.isDirectory() && before.isDirectory() && stat.mode === before.mode && stat.mtimeMs === before.mtimeMs;
  return isSame ? undefined : 0;
}

/** The layers below, asked inside their own roots alone: links in them lead nowhere else. */
class Below implements Disposable {
  readonly #trees: FileTree[];

  constructor(lowers: readonly string[]) {
    this.#trees = lowers.map((lower) => FileTree.open(lower));
  }

  stat(path: string): Stats | 'hidden' | undefined {
    for (const tree of this.#trees) {
      const stat = tree.stat(Buffer.from(path).toString('latin1'));
      if (stat !== undefined) return stat.isCharacterDevice() && stat.rdev === 0 ? 'hidden' : stat;
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    for (const tree of this.#trees) tree[Symbol.dispose]();
  }
}

async function walk(root: string, path: string, visit: (path: string, stat: Stats) => void): Promise<void> {
  for await (const entry of await opendir(join(root, path))) {
    const inner = path === '' ? entry.name : `${path}/${entry.name}`;
    // The container may run and take a file away while we look.
    const stat = await lstat(join(root, inner)).catch(() => undefined);
    if (stat === undefined) continue;
    visit(inner, stat);
    if (stat.isDirectory()) await walk(root, inner, visit).catch(() => undefined);
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
