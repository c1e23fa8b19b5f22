import { execFileSync } from 'node:child_process';
import { temporaryDirectory, type TemporaryDirectory } from '@gantry/base/testing';

/** A directory of the test's own that is a mount without propagation, whatever the root of this machine has. */
export async function privateMount(): Promise<TemporaryDirectory> {
  const directory = await temporaryDirectory();
  const { path } = directory;
  execFileSync('mount', ['--bind', '--make-private', path, path]);
  return {
    path,
    async [Symbol.asyncDispose]() {
      execFileSync('umount', [path]);
      await directory[Symbol.asyncDispose]();
    },
  };
}
