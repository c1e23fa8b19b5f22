import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import { identifyProcess, isAlive, lockDirectory, type ProcessIdentity } from '@gantry/linux';
import { isDiskFull } from '../layers/disk-failure.ts';

/** A process that an engine was just starting when it ended holds the lock until it has become its program. */
const heldOnWithinMs = 5000;

/**
 * One engine per root: its directory is locked, which the kernel takes back when the engine ends in whatever way. The file in it names the owner by (pid, start time,
 * boot), for people, and where the disk has room for it. Fails with `conflict` while another engine lives.
 */
export async function lockRoot(path: string): Promise<AsyncDisposable> {
  await using undo = new AsyncDisposableStack();
  const last = performance.now() + heldOnWithinMs;
  let lock = lockDirectory(dirname(path));
  let owner = await ownerOf(path);
  while (!lock && !(owner && isAlive(owner)) && performance.now() < last) {
    await sleep(10);
    lock = lockDirectory(dirname(path));
    owner = await ownerOf(path);
  }
  // An engine of before 2026-12 has written the file alone.
  if (!lock || (owner && owner.pid !== process.pid && isAlive(owner)))
    throw new Failure('conflict', `another engine (pid ${owner?.pid ?? 'unknown'}) runs on these directories: ${path}`);
  undo.use(lock);
  undo.defer(() => rm(path, { force: true }));
  await writeFile(path, JSON.stringify(identifyProcess(process.pid)), { mode: 0o600 }).catch((cause: unknown) => {
    if (!isDiskFull(cause)) throw cause;
  });
  const closing = undo.move();
  return { [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

async function ownerOf(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
