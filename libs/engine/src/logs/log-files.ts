import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * The files of one log: `ctr.log` is written, `ctr.log.<number>` were renamed away, the higher the later. A file that is read stays readable
 * when rotation removes its name.
 */
export interface LogFile {
  readonly path: string;
  /** Infinity for the one that is written. */
  readonly number: number;
}

/** In the order in which they were written. */
export async function logFiles(path: string): Promise<LogFile[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch((): string[] => []);
  const rotated = names.filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)));
  const files = rotated.map((name) => ({ path: join(dirname(path), name), number: Number(name.slice(prefix.length)) }));
  files.sort((left, right) => left.number - right.number);
  return names.includes(basename(path)) ? [...files, { path, number: Infinity }] : files;
}

export interface OpenLogFile {
  readonly handle: FileHandle;
  readonly inode: bigint;
}

/** undefined where it is gone by now. */
export async function openLogFile(path: string): Promise<OpenLogFile | undefined> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return undefined;
  return { handle, inode: (await handle.stat({ bigint: true })).ino };
}
