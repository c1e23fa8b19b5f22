import { Failure } from '@gantry/base';

const flags = [
  'exec',
  'noexec',
  'suid',
  'nosuid',
  'dev',
  'nodev',
  'ro',
  'rw',
  'rprivate',
  'private',
  'rshared',
  'shared',
  'rslave',
  'slave',
];
const more = [
  'sync',
  'async',
  'dirsync',
  'remount',
  'mand',
  'nomand',
  'atime',
  'noatime',
  'diratime',
  'nodiratime',
  'relatime',
  'norelatime',
];
const others = ['strictatime', 'nostrictatime', 'bind', 'rbind', 'unbindable', 'runbindable', 'defaults'];
const withValue = ['size', 'nr_inodes', 'mode', 'uid', 'gid', 'nr_blocks', 'mpol'];
const known: ReadonlySet<string> = new Set([...flags, ...more, ...others]);

/** Options of a tmpfs (`--tmpfs`), as the kernel and dockerd know them. Fails with `invalid` in dockerd's words. */
export function checkTmpfsOptions(options: readonly string[]): void {
  for (const option of options) {
    const at = option.indexOf('=');
    if (at < 0 && known.has(option)) continue;
    if (at >= 0 && withValue.includes(option.slice(0, at))) continue;
    const parts = at < 0 ? [option] : [option.slice(0, at), option.slice(at + 1)];
    throw new Failure('invalid', `invalid tmpfs option [${parts.map((part) => JSON.stringify(part)).join(' ')}]`);
  }
}
