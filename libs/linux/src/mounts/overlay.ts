import { closeSync, mkdtempSync, readSync, rmSync, symlinkSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { checked, libc } from '../system/libc.ts';
import { runProgram } from '../system/run-program.ts';

export interface OverlayMount {
  /** The read-only layers, topmost first; at most 500 (the kernel's limit). */
  readonly lowers: readonly string[];
  /** None for one that is only read, which takes two layers at least. */
  readonly upper?: string | undefined;
  readonly work?: string | undefined;
  readonly target: string;
  /** Further options of overlayfs, as `{ index: 'off' }`. */
  readonly options?: Readonly<Record<string, string>>;
}

const setString = 1;
const create = 6;
const closeOnExec = 1;
const fromEmptyPath = 4;
/** fsconfig(2) refuses longer values. */
const longestValue = 255;

/** Whether this kernel takes layers one by one (`lowerdir+`, since 6.5). */
export function takesLayersOneByOne(kernel = release()): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return major > 6 || (major === 6 && minor >= 5);
}

/** Mounts by fsconfig: paths may be up to 255 bytes each and hold any character. */
export function mountOverlayByCalls(overlay: OverlayMount): void {
  const context = checked(libc.fsopen('overlay', closeOnExec), 'fsopen', 'overlay');
  try {
    const set = (key: string, value: string) =>
      explained(context, () => checked(libc.fsconfig(context, setString, key, value), 'fsconfig', `${key}=${value}`));
    // What df and mount show as its device, as with mount(8); without it they say "none".
    set('source', 'overlay');
    for (const lower of overlay.lowers) set('lowerdir+', lower);
    if (overlay.upper !== undefined) set('upperdir', overlay.upper);
    if (overlay.work !== undefined) set('workdir', overlay.work);
    for (const [key, value] of Object.entries(overlay.options ?? {})) set(key, value);
    explained(context, () => checked(libc.fsconfig(context, create, null, null), 'fsconfig', `overlay for ${overlay.target}`));
    const mount = checked(libc.fsmount(context, closeOnExec), 'fsmount', `overlay for ${overlay.target}`);
    try {
      checked(libc.moveMount(mount, overlay.target, fromEmptyPath), 'move_mount', overlay.target);
    } finally {
      closeSync(mount);
    }
  } finally {
    closeSync(context);
  }
}

/**
 * Mounts by mount(8), started in a directory of short links to the layers: the option string of mount(2) holds one page only, and
 * a change of directory in this process would move all its threads.
 */
export function mountOverlayByProgram(overlay: OverlayMount): void {
  const links = mkdtempSync(join(tmpdir(), 'gantry-overlay-'));
  try {
    overlay.lowers.forEach((lower, index) => symlinkSync(lower, join(links, index.toString(36))));
    const writable = overlay.upper === undefined || overlay.work === undefined ? undefined : { '.u': overlay.upper, '.w': overlay.work };
    for (const [name, path] of Object.entries(writable ?? {})) symlinkSync(path, join(links, name));
    const lowers = overlay.lowers.map((_, index) => index.toString(36)).join(':');
    const others = Object.entries(overlay.options ?? {}).map(([key, value]) => `,${key}=${value}`);
    const options = `lowerdir=${lowers}${writable ? ',upperdir=.u,workdir=.w' : ''}${others.join('')}`;
    runProgram('mount', ['-n', '-t', 'overlay', '-o', options, 'overlay', overlay.target], { directory: links });
  } finally {
    rmSync(links, { recursive: true, force: true });
  }
}

export function mountOverlay(overlay: OverlayMount, byProgram: boolean): void {
  const paths = [...overlay.lowers, overlay.upper ?? '', overlay.work ?? ''];
  const isLong = paths.some((path) => Buffer.byteLength(path) > longestValue);
  if (byProgram || isLong || !takesLayersOneByOne()) mountOverlayByProgram(overlay);
  else mountOverlayByCalls(overlay);
}

/** Adds what the kernel wrote into the log of the file system context to a failure. */
function explained(context: number, call: () => number): void {
  try {
    call();
  } catch (cause) {
    const failure = Failure.from(cause);
    const words = contextLog(context);
    if (words === '') throw failure;
    throw new Failure(failure.code, `${failure.message}: ${words}`, { cause, details: { ...failure.details } });
  }
}

function contextLog(context: number): string {
  const lines: string[] = [];
  const buffer = Buffer.alloc(4096);
  try {
    for (;;) lines.push(buffer.toString('utf8', 0, readSync(context, buffer)).trim());
  } catch {
    return lines.join('; '); // ENODATA: read to its end
  }
}
