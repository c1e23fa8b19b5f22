import { closeSync, constants, openSync } from 'node:fs';
import { errno, errnos, libc } from './libc.ts';
import { systemFailure } from './system-failure.ts';

const exclusive = 2;
const withoutWaiting = 4;

/** Locks a directory (flock(2)) until it is disposed or this process ends; no disk is needed for it. Undefined: somebody else has it locked, in this process or another. */
export function lockDirectory(path: string): Disposable | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  if (libc.flock(fd, exclusive | withoutWaiting) === 0) return { [Symbol.dispose]: () => closeSync(fd) };
  const failure = errno() === errnos.EAGAIN ? undefined : systemFailure('flock', path, errno());
  closeSync(fd);
  if (failure) throw failure;
  return undefined;
}
