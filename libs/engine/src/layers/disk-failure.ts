import { Failure } from '@gantry/base';
import { errnoOf } from '@gantry/linux/files';

const words: Readonly<Record<string, string>> = { ENOSPC: 'no space left on device', EDQUOT: 'disk quota exceeded' };

/**
 * What a full disk threw as `exhausted`, in the words that people know, with what was done and where (`about`, else what the error itself knows); all else
 * unchanged.
 */
export function diskFailure(thrown: unknown, about = aboutOf(thrown)): unknown {
  if (thrown instanceof Failure && thrown.code !== 'internal') return thrown;
  const said = words[errnoOf(thrown) ?? ''];
  return said === undefined ? thrown : new Failure('exhausted', `${about}${said}`, { cause: thrown, details: { isSpace: true } });
}

/** Whether a write failed for want of space. */
export const isDiskFull = (thrown: unknown): boolean => Failure.from(diskFailure(thrown)).code === 'exhausted';

function aboutOf(thrown: unknown): string {
  const { syscall, path } = thrown as { readonly syscall?: string; readonly path?: string };
  return syscall === undefined ? '' : `${syscall}${path === undefined ? '' : ` ${path}`}: `;
}
