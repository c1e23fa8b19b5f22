import { Failure } from '@gantry/base';

export const enginePrefix = '/engine/';

/** A target of the engine door, taken apart: `/engine/<host>/<what the engine gets>`. */
export interface EngineTarget {
  readonly hostId: string;
  /** Path and query as the engine's rows read them. */
  readonly target: string;
}

/** Names of images and volumes hold slashes, which clients may escape; nothing else may. */
const mayEscapeSlash = /^(\/v[\d.]+)?\/(images|volumes|distribution|plugins)\//;

/**
 * Takes a target apart. There is one spelling of each path: doubled slashes, dot segments, escaped slashes, NUL and control characters and a
 * slash at the end are `invalid`, so that what is checked and what the engine reads cannot differ. Nothing is ever redirected.
 */
export function parseEngineTarget(whole: string): EngineTarget {
  const [, hostId = '', target = ''] = /^\/engine\/([^/?]*)(\/.*)$/s.exec(whole) ?? [];
  if (target === '') throw new Failure('invalid', 'a path of the engine door is /engine/<host>/<path of the engine API>');
  const [path = ''] = target.split('?', 1);
  const decoded = decode(path);
  const segments = decoded.split('/').slice(1);
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    throw new Failure('invalid', 'the path is not in its plain form');
  if (/[\p{Cc}\\]/u.test(decoded)) throw new Failure('invalid', 'the path holds a control character or a backslash');
  if (/%2f/i.test(path) && !mayEscapeSlash.test(path)) throw new Failure('invalid', 'the path holds an escaped slash');
  if (/%/.test(decoded)) throw new Failure('invalid', 'the path is escaped twice');
  return { hostId, target };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new Failure('invalid', 'the path holds a broken escape', { cause });
  }
}
