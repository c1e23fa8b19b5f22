import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const O_PATH = 0o10000000;

/**
 * Whether a path is what its name says: each part is opened by the descriptor of the part before, and none may be a link, so that nobody can lead it
 * elsewhere. What is not there yet leads nowhere.
 */
export async function isPlainPath(path: string): Promise<boolean> {
  await using walked = new AsyncDisposableStack();
  let here: FileHandle = walked.use(await open('/', O_PATH | constants.O_DIRECTORY));
  for (const name of path.split('/').filter((part) => part !== '')) {
    try {
      here = walked.use(await open(`/proc/self/fd/${here.fd}/${name}`, O_PATH | constants.O_NOFOLLOW));
    } catch (thrown) {
      return (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    }
    if ((await here.stat()).isSymbolicLink()) return false;
  }
  return true;
}
