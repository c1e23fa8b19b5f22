import { access } from 'node:fs/promises';
import { errnoOf } from '@gantry/linux';

/** Whether there is such a file; one that only cannot be looked at now is there. */
export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (cause: unknown) => !['ENOENT', 'ENOTDIR'].includes(errnoOf(cause) ?? ''),
  );
}
