import type { BigIntStats } from 'node:fs';
import type { FileTree } from '@gantry/linux/files';
import { readableText } from '@gantry/oci/tar';
import { baseName, followed, type FoundFile } from './path-in-root.ts';

/** What `X-Docker-Container-Path-Stat` holds; the mode has Go's bits (`os.FileMode`). */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  readonly mtime: string;
  /** Where a link leads to in the end; '' for all that is no link. */
  readonly linkTarget: string;
}

export function pathStat(tree: FileTree, { absolute, look }: FoundFile): PathStat {
  const { stat } = look;
  return {
    name: readableText(baseName(absolute)),
    size: Number(stat.size),
    mode: goFileMode(stat),
    mtime: timeText(stat.mtimeNs),
    linkTarget: stat.isSymbolicLink() ? readableText(`/${followed(tree, absolute)}`) : '',
  };
}

const goBits = { directory: 2 ** 31, link: 2 ** 27, device: 2 ** 26, pipe: 2 ** 25, socket: 2 ** 24, setuid: 2 ** 23, setgid: 2 ** 22 };
const goCharacter = 2 ** 21;
const goSticky = 2 ** 20;

function goFileMode(stat: BigIntStats): number {
  const mode = Number(stat.mode);
  const set = (bit: number, isSet: boolean): number => (isSet ? bit : 0);
  return (
    (mode & 0o777) +
    set(goBits.directory, stat.isDirectory()) +
    set(goBits.link, stat.isSymbolicLink()) +
    set(goBits.device, stat.isBlockDevice() || stat.isCharacterDevice()) +
    set(goCharacter, stat.isCharacterDevice()) +
    set(goBits.pipe, stat.isFIFO()) +
    set(goBits.socket, stat.isSocket()) +
    set(goBits.setuid, (mode & 0o4000) !== 0) +
    set(goBits.setgid, (mode & 0o2000) !== 0) +
    set(goSticky, (mode & 0o1000) !== 0)
  );
}

/** RFC 3339 with as many digits as there are. */
function timeText(nanoseconds: bigint): string {
  const second = 1_000_000_000n;
  const rest = ((nanoseconds % second) + second) % second;
  const whole = new Date(Number((nanoseconds - rest) / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = rest === 0n ? '' : `.${rest.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return `${whole}${fraction}Z`;
}

/** A stat as `docker cp` reads it. */
export function statHeader(stat: PathStat): Record<string, string> {
  return { 'x-docker-container-path-stat': Buffer.from(JSON.stringify(stat)).toString('base64') };
}
