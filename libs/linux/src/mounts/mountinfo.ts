import { readFileSync } from 'node:fs';

/** One row of /proc/PID/mountinfo. */
export interface Mount {
  readonly id: number;
  readonly parentId: number;
  /** The directory of the file system that is mounted here. */
  readonly root: string;
  readonly target: string;
  readonly options: readonly string[];
  /** Propagation: the peer group where the mount is shared, and that of its master where it is a slave. */
  readonly sharedGroup: number | undefined;
  readonly masterGroup: number | undefined;
  readonly type: string;
  readonly source: string;
}

/** Parses the text of a mountinfo file; lines that do not have its form are left out. Source: proc_pid_mountinfo(5). */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const dash = fields.indexOf('-', 6);
    const [id, parentId, , root, target, options] = fields;
    const [type, source] = fields.slice(dash + 1);
    if (dash < 0 || root === undefined || target === undefined || type === undefined || source === undefined) return [];
    const tags = fields.slice(6, dash);
    return {
      id: Number(id),
      parentId: Number(parentId),
      root: unescape(root),
      target: unescape(target),
      options: (options ?? '').split(','),
      sharedGroup: tagOf(tags, 'shared'),
      masterGroup: tagOf(tags, 'master'),
      type,
      source: unescape(source),
    };
  });
}

/** The mounts that this thread sees, in mount order. */
export function readMounts(): Mount[] {
  return parseMountinfo(readFileSync('/proc/thread-self/mountinfo', 'utf8'));
}

/** Whether a path is the other or lies below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || ancestor === '/' || path.startsWith(`${ancestor}/`);
}

/**
 * The mount that a path lies on, found as the kernel finds it: from the root through each mount that is crossed. Where a mount is shared, what is mounted
 * below a place may be there a second time, hidden under another mount; it has the same target and other flags.
 */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const around = mounts.filter((mount) => isWithin(path, mount.target));
  let found = around.find(({ parentId }) => !mounts.some(({ id }) => id === parentId));
  for (let count = 0; count < around.length; count++) {
    const crossed = around
      .filter(({ id, parentId }) => parentId === found?.id && id !== parentId)
      .reduce<Mount | undefined>((first, mount) => (first && first.target.length < mount.target.length ? first : mount), undefined);
    found = crossed ?? found;
  }
  return found;
}

function tagOf(tags: readonly string[], name: string): number | undefined {
  const tag = tags.find((each) => each.startsWith(`${name}:`));
  return tag === undefined ? undefined : Number(tag.slice(name.length + 1));
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescape(field: string): string {
  if (!field.includes('\\')) return field;
  const bytes = Buffer.from(field, 'utf8').toString('latin1');
  const plain = bytes.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  return Buffer.from(plain, 'latin1').toString('utf8');
}
