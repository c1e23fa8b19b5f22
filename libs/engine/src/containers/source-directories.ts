import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errnoOf } from '@gantry/linux';

const directoryOnly = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Makes a directory of the host with those above it that are missing, and answers each that it made, open until the next is asked for. They may lie in what a
 * container can write to: below the first, no link is followed that somebody puts in the place of one meanwhile. What cannot be made is left out.
 */
export async function* makeDirectories(path: string): AsyncGenerator<FileHandle, void, undefined> {
  const found = await deepest(path).catch(() => undefined);
  if (found === undefined) return;
  let { directory } = found;
  try {
    for (const name of found.missing) {
      const next = await makeBelow(directory, name).catch(() => undefined);
      if (next === undefined) return;
      await directory.close();
      directory = next.directory;
      if (next.isMade) yield directory;
    }
  } finally {
    await directory.close();
  }
}

/** The last directory of a path that is there, and the names of those that are not. */
async function deepest(path: string): Promise<{ directory: FileHandle; missing: string[] }> {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    try {
      return { directory: await open(at, directoryOnly), missing };
    } catch (thrown) {
      if (errnoOf(thrown) !== 'ENOENT' || at === dirname(at)) throw thrown;
      missing.unshift(basename(at));
    }
  }
}

async function makeBelow(directory: FileHandle, name: string): Promise<{ directory: FileHandle; isMade: boolean }> {
  const place = `/proc/self/fd/${directory.fd}/${name}`;
  const isMade = await mkdir(place).then(
    () => true,
    (thrown: unknown) => {
      if (errnoOf(thrown) === 'EEXIST') return false; // somebody else made it meanwhile
      throw thrown;
    },
  );
  return { directory: await open(place, directoryOnly | constants.O_NOFOLLOW), isMade };
}
