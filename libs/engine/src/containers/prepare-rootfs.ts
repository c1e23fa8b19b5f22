import { constants, lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';

/**
 * Makes a mounted rootfs safe to hand to the runtime: crun 1.8 follows a `/dev` that is a link and makes device nodes where it points, so an image
 * in which /dev, /proc or /sys is not a real directory is refused (`invalid`). Also leaves the mark that programs know a container by.
 */
export async function prepareRootfs(rootfs: string): Promise<void> {
  for (const name of ['dev', 'proc', 'sys']) {
    const found = lstatSync(join(rootfs, name), { throwIfNoEntry: false });
    if (found && !found.isDirectory()) throw new Failure('invalid', `the image is refused: its /${name} is not a directory`);
  }
  await touch(join(rootfs, '.dockerenv'));
}

async function touch(path: string): Promise<void> {
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o755);
    await file.close();
  } catch (cause) {
    // The image has something else of that name: it stays.
    if (!['ELOOP', 'EISDIR', 'ENXIO', 'EROFS'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
  }
}
