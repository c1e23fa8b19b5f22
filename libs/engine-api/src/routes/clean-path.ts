import { posix } from 'node:path';
import { unescapePath } from '../go-query.ts';

/**
 * Where a target leads whose path is not written plainly (`//`, `.`, `..`), as dockerd's router tells it by 301: clients that name a container `/name`
 * follow there. Undefined: it is plain. Fails with `invalid` where an escape in the path is broken.
 */
export function cleanTarget(target: string): string | undefined {
  const cut = target.indexOf('?');
  const path = unescapePath(cut < 0 ? target : target.slice(0, cut));
  if (!/\/(?:\/|\.\.?(?:\/|$))/.test(path)) return undefined;
  const clean = encodeURI(posix.normalize(path)).replaceAll(/[?#]/g, encodeURIComponent);
  return cut < 0 ? clean : `${clean}${target.slice(cut)}`;
}
