import { Failure } from '@gantry/base';
import { errnoOf } from '@gantry/linux/files';

/** What a full disk threw as `exhausted`, in the words that people know; all else unchanged. */
export function diskFailure(thrown: unknown): unknown {
  const errno = errnoOf(thrown);
  if (thrown instanceof Failure && thrown.code !== 'internal') return thrown;
  if (errno === 'ENOSPC') return new Failure('exhausted', 'no space left on device', { cause: thrown });
  if (errno === 'EDQUOT') return new Failure('exhausted', 'disk quota exceeded', { cause: thrown });
  return thrown;
}
