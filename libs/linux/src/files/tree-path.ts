import { Failure } from '@gantry/base';

/**
 * A name out of an archive or a request as a path below a root: no leading slash, no empty, `.` or `..` part; '' is the root itself.
 * Byte strings. Fails with `invalid` where `..` leads out of the root, as Docker does.
 */
export function treePath(name: string): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw new Failure('invalid', `path ${JSON.stringify(name)} leads outside of its root`);
  }
  return parts.join('/');
}

/** The directory and the last part; the root is `.` in itself. */
export function splitPath(path: string): { readonly parent: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { parent: slash < 0 ? '' : path.slice(0, slash), name: path === '' ? '.' : path.slice(slash + 1) };
}
