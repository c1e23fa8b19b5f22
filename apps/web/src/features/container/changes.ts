import { engineOn } from '../../api/engine.ts';
import { limit } from '../../fleet/limit.ts';
import { joinPath, listFiles, nameOf, parentOf } from '../files/files.ts';

export interface Change {
  readonly path: string;
  readonly kind: 'changed' | 'added' | 'removed';
  /** Undefined for directories and what is gone, and while it has not been looked up. */
  readonly sizeBytes?: number;
}

const kinds = ['changed', 'added', 'removed'] as const;
const mostDirectories = 60;
const atOnce = 4;

/** What the container has changed of its image's files. Directories that changed only because of what is in them are left out. */
export async function listChanges(host: string, id: string, signal: AbortSignal): Promise<readonly Change[]> {
  const answer = await engineOn(host).call('ContainerChanges', { path: { id } }, signal);
  const found = (await answer.json<{ Path: string; Kind: number }[] | null>()) ?? [];
  return withoutMereParents(found.map(({ Path, Kind }) => ({ path: Path, kind: kinds[Kind] ?? 'changed' })));
}

/** A directory with a changed file in it is itself told as changed; that says nothing. */
export function withoutMereParents(changes: readonly Change[]): Change[] {
  const parents = new Set(changes.map(({ path }) => parentOf(path)));
  return changes.filter(({ path, kind }) => kind !== 'changed' || !parents.has(path));
}

/** Looks up how large the files are: by directory, the first sixty of them. A directory that cannot be read leaves its files without a size. */
export async function withSizes(
  place: { host: string; id: string },
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Change[]> {
  const run = limit(atOnce);
  const wanted = [...new Set(changes.filter(({ kind }) => kind !== 'removed').map(({ path }) => parentOf(path)))].slice(0, mostDirectories);
  const sizes = new Map<string, number>();
  const look = async (directory: string): Promise<void> => {
    const page = await listFiles({ kind: 'container', host: place.host, name: place.id }, directory, { signal });
    for (const { name, type, sizeBytes } of page.entries) if (type === 'file') sizes.set(joinPath(directory, name), sizeBytes);
  };
  await Promise.all(wanted.map((directory) => run(() => look(directory)).catch(() => undefined)));
  return changes
    .map((change) => {
      const sizeBytes = change.kind === 'removed' ? undefined : sizes.get(change.path);
      return sizeBytes === undefined ? change : { ...change, sizeBytes };
    })
    .sort((a, b) => (b.sizeBytes ?? -1) - (a.sizeBytes ?? -1) || nameOf(a.path).localeCompare(nameOf(b.path)));
}
