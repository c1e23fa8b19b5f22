import { posix } from 'node:path';
import { Failure } from '@gantry/base';
import type { FileTree } from '@gantry/linux/files';
import { byteText, readableText } from '@gantry/oci/tar';
import { followed, placeOf } from './path-in-root.ts';

/** Paths that a task is about, as its request says them. */
export interface AskedPaths {
  readonly paths: readonly string[];
  /** What lies there moves away or goes. */
  readonly isTakenAway: boolean;
}

/**
 * Refuses a task at a place where the host's own paths are mounted for the container and that the view therefore has not (`forbidden`), and to take away what
 * holds such a place (`conflict`): the container would lose the mount. Nothing of the host could be reached in any case.
 */
export function refuseHidden(tree: FileTree, hidden: readonly string[], { paths, isTakenAway }: AskedPaths): void {
  if (hidden.length === 0) return;
  const places = placesOf(tree, hidden);
  for (const path of paths) {
    for (const at of new Set([followed(tree, byteText(path)), placeOf(tree, path)])) {
      const holding = places.find((place) => at === place || at.startsWith(`${place}/`));
      if (holding !== undefined) throw hiddenPlace(readableText(posix.join('/', holding)));
      if (isTakenAway && places.some((place) => place.startsWith(`${at}/`))) {
        throw new Failure('conflict', `a path of the host is mounted below: ${path}`);
      }
    }
  }
}

/** Where hidden places lead in a tree. */
export const placesOf = (tree: FileTree, hidden: readonly string[]): readonly string[] => hidden.map((path) => followed(tree, path));

/** An entry of an archive that is about to be written. */
export interface HiddenEntry {
  /** A path of the tree. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/**
 * Refuses an entry at or below a hidden place (`forbidden`), where it would lie unseen under the mount, and one above such that is no directory: it would take the
 * place away, and with it the mount of a container that runs. Answers whether it is a directory at the place itself, which is there already and stays as it is.
 * `places`: where hidden ones lead.
 */
export function isHiddenEntry(tree: FileTree, places: readonly string[], { path, isDirectory }: HiddenEntry): boolean {
  if (places.length === 0) return false;
  const slash = path.lastIndexOf('/');
  const parent = followed(tree, path.slice(0, Math.max(slash, 0)));
  const at = posix.join(parent, path.slice(slash + 1));
  if (isDirectory && places.includes(at) && tree.stat(at)?.isDirectory() !== false) return true;
  const refused = places.find((place) => at === place || at.startsWith(`${place}/`) || (!isDirectory && place.startsWith(`${at}/`)));
  if (refused !== undefined) throw hiddenPlace(readableText(posix.join('/', refused)));
  return false;
}

/** Of a place in a container, or of a volume. */
export function hiddenPlace(what: string): Failure {
  return new Failure('forbidden', `${what} is a path of the host: to reach it takes hostBinds and the right to that`);
}
