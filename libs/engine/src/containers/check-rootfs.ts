import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@gantry/base';

/**
 * Whether a mounted rootfs is safe to hand to the runtime: crun 1.8 follows a `/dev` that is a link and makes device nodes where it points, so an
 * image in which /dev, /proc or /sys is not a real directory is refused (`invalid`).
 */
export function checkRootfs(rootfs: string): void {
  for (const name of ['dev', 'proc', 'sys']) {
    const found = lstatSync(join(rootfs, name), { throwIfNoEntry: false });
    if (found && !found.isDirectory()) throw new Failure('invalid', `the image is refused: its /${name} is not a directory`);
  }
}
