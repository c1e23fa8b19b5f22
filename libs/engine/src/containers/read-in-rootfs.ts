import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';

const O_PATH = 0o10000000;
const mostLinks = 40;
const largestFileBytes = 4 * 1024 * 1024;

/**
 * The text of a small file of a container, '' where it has none. The walk is by directory descriptors, so that no link of the image leads out of
 * its rootfs, whoever changes it meanwhile: an absolute link begins at the rootfs again, `..` never passes it.
 */
export async function readInRootfs(rootfs: string, path: string): Promise<string> {
  const opened: FileHandle[] = [];
  try {
    return await walk({ rootfs, opened }, path);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL', 'EISDIR'].includes(code)) return '';
    throw cause;
  } finally {
    await Promise.all(opened.map((handle) => handle.close()));
  }
}

interface Walk {
  readonly rootfs: string;
  readonly opened: FileHandle[];
}

async function walk({ rootfs, opened }: Walk, path: string): Promise<string> {
  const root = await open(rootfs, O_PATH | constants.O_DIRECTORY);
  opened.push(root);
  let stack: FileHandle[] = [root];
  let names = path.split('/');
  for (let links = 0; names.length > 0;) {
    const [name = '', ...rest] = names;
    names = rest;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      stack = stack.slice(0, Math.max(1, stack.length - 1));
      continue;
    }
    const here = `/proc/self/fd/${stack.at(-1)?.fd ?? -1}/${name}`;
    const found = await open(here, O_PATH | constants.O_NOFOLLOW);
    opened.push(found);
    const kind = await found.stat();
    if (kind.isSymbolicLink()) {
      if (++links > mostLinks) return '';
      const target = await readlink(here);
      if (target.startsWith('/')) stack = [root];
      names = [...target.split('/'), ...names];
    } else if (names.some((left) => left !== '' && left !== '.')) {
      stack.push(found);
    } else {
      return kind.isFile() && kind.size <= largestFileBytes ? await textOf(found) : '';
    }
  }
  return '';
}

async function textOf(found: FileHandle): Promise<string> {
  const file = await open(`/proc/self/fd/${found.fd}`, 'r');
  return file.readFile('utf8').finally(() => file.close());
}
