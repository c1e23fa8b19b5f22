import { open, readFile, rm } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { identifyProcess, isAlive, type ProcessIdentity } from '@gantry/linux';

/**
 * One engine per root. The file names its owner by (pid, start time, boot), so that what a killed engine left is taken over at once.
 * Fails with `conflict` while another engine lives.
 */
export async function lockRoot(path: string): Promise<AsyncDisposable> {
  const self = identifyProcess(process.pid);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(JSON.stringify(self)).finally(() => file.close());
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      const owner = await ownerOf(path);
      if (owner !== undefined && isAlive(owner)) {
        throw new Failure('conflict', `another engine (pid ${owner.pid}) runs on these directories: ${path}`);
      }
      await rm(path, { force: true });
    }
  }
  throw new Failure('conflict', `cannot lock ${path}`);
}

async function ownerOf(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
